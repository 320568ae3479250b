// How a page stands: nothing wider than the screen, nothing serious for axe, HTML as text.
import { readFileSync } from 'node:fs';
import { require_ } from './browser.mjs';

const axe = readFileSync(require_.resolve('axe-core/axe.min.js'), 'utf8');

/** Serious and critical findings, as lines. */
export async function axeLines(page) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const r = await window.axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] });
    return r.violations
      .filter((v) => v.impact === 'serious' || v.impact === 'critical')
      .map((v) => `${v.id} (${v.impact}): ${v.nodes.slice(0, 3).map((n) => `${n.target.join(' ')} ${n.any[0]?.message ?? ''}`).join(' | ')}`);
  });
  return found;
}

/** What stands out to the right of the screen without a box of its own that scrolls. */
export async function tooWide(page) {
  return page.evaluate(() => {
    const w = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= w && document.body.scrollWidth <= w) {
      const main = document.querySelector('main');
      return main && main.scrollWidth > main.clientWidth + 1 ? [`main is ${main.scrollWidth} wide on ${main.clientWidth}`] : [];
    }
    return [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > w + 1).slice(0, 3).map((e) => `${e.tagName}.${e.className} to ${Math.round(e.getBoundingClientRect().right)} of ${w}`);
  });
}

/** Until the page has what it asked for, shows something and has been still for a moment. */
export async function settled(desk) {
  const { page } = desk;
  const end = Date.now() + 8_000;
  do {
    await page.evaluate(() => new Promise((ok) => {
      let timer = setTimeout(ok, 120);
      const o = new MutationObserver(() => {
        clearTimeout(timer);
        timer = setTimeout(ok, 120);
      });
      o.observe(document.body, { subtree: true, childList: true, attributes: true });
      setTimeout(ok, 2_500);
    }));
  } while (desk.asked > 0 && Date.now() < end);
  await page.locator('main :is(h1, h2, form, [role=grid], [role=tablist], .empty, [role=alert])').first().waitFor({ state: 'attached', timeout: 8_000 });
}
