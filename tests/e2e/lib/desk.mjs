// A person at a page. Clicks and keys are counted as actions; typing a text is not, choosing is.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

const esc = (s) => s.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

export class Desk {
  constructor(journey, who, context, page) {
    Object.assign(this, { journey, who, context, page });
    this.org = 'demo';
    this.actions = 0;
    this.wrong = [];
    this.allowed = new Set();
  }
  /** Everything the console complains about is kept; so is what the content policy refused. */
  async watch() {
    const { page } = this;
    this.asked = 0; // requests without an answer yet
    page.on('request', () => this.asked++);
    for (const over of ['requestfinished', 'requestfailed']) page.on(over, () => this.asked--);
    page.on('pageerror', (e) => this.wrong.push(`uncaught ${e.message}`));
    page.on('crash', () => this.wrong.push('the page crashed'));
    page.on('console', (m) => {
      if (m.type() !== 'error' && !/Content Security Policy|Refused to/.test(m.text())) return;
      const status = /status of (\d+)/.exec(m.text())?.[1];
      if (status && this.allowed.has(Number(status))) return;
      if (this.offline && /ERR_|WebSocket|net::/.test(m.text())) return;
      this.wrong.push(`${m.text()} ${m.location().url ?? ''}`.trim());
    });
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (e) => console.error(`Content Security Policy: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`));
    });
  }
  /** Answers with these statuses are meant to happen here. */
  allow(...statuses) {
    for (const s of statuses) this.allowed.add(s);
  }

  /* where */
  place(at) {
    return at.startsWith('/') ? at : `/o/${this.org}${at ? `/${at}` : ''}`;
  }
  async go(at = '') {
    await this.page.goto(this.place(at), { waitUntil: 'domcontentloaded' });
    await this.page.locator('main').first().waitFor();
  }

  /** To another page of the console without loading it anew, as its links do. */
  async hop(at) {
    await this.page.evaluate((to) => {
      history.pushState(null, '', to);
      dispatchEvent(new PopStateEvent('popstate', { state: null }));
    }, this.place(at));
  }

  /** Answers to `what` wait until `go()` lets them through: for what must not matter when it comes late. */
  async hold(what) {
    let open;
    const opened = new Promise((ok) => (open = ok));
    const waiting = [];
    const gate = (route) => {
      const done = opened.then(() => route.fetch()).then((response) => route.fulfill({ response }));
      waiting.push(done);
      return done;
    };
    await this.page.route(what, gate);
    return {
      go: async () => {
        open();
        await Promise.all(waiting);
        await this.page.unroute(what, gate);
      },
    };
  }

  /* finding, by what a person sees */
  button(name, within = this.page) {
    return within.getByRole('button', { name, exact: typeof name === 'string' && !name.endsWith('…') });
  }
  link(name, within = this.page) {
    return within.getByRole('link', { name });
  }
  field(name, within = this.page) {
    return within.getByLabel(typeof name === 'string' ? new RegExp(`^\\s*${esc(name)}(\\*|（必填）|\\s)*$`) : name).first();
  }
  tab(name) {
    return this.page.getByRole('tab', { name });
  }
  region(name) {
    return this.page.getByRole('region', { name });
  }
  text(what, within = this.page) {
    return within.getByText(what);
  }

  /* doing */
  async click(what) {
    this.actions++;
    await (typeof what === 'string' || what instanceof RegExp ? this.button(what) : what).first().click();
  }
  async press(...keys) {
    for (const k of keys) {
      this.actions++;
      await this.page.keyboard.press(k);
    }
  }
  /** Text into what has the focus, or into a field that is clicked first (that click counts). */
  async type(text, into) {
    if (into) {
      this.actions++;
      await into.first().click();
    } else await this.focused();
    await this.page.keyboard.insertText(text);
  }
  /** Something takes text: after a step that moves the focus the page needs a frame or two. */
  async focused() {
    await this.page.waitForFunction(() => document.activeElement?.matches('textarea, [contenteditable=true], input:not([type=radio], [type=checkbox], [type=button])'));
  }
  /** Chooses in a box that finds as one types: a field, the text, then the option that appears. */
  async choose(text, into, option = text) {
    await this.type(text, into);
    await this.page.getByRole('option', { name: option }).first().waitFor();
    await this.press('Enter');
    // What was chosen stands there before one goes on.
    await this.page.waitForFunction((o) => {
      const el = document.activeElement;
      const box = el?.closest('.combo');
      if (box?.classList.contains('many')) return [...box.querySelectorAll('.tag')].some((x) => x.textContent.includes(o));
      return el?.getAttribute('aria-expanded') === 'false' && el.value?.includes(o);
    }, option);
  }
  /** One of a few options that lie open. */
  async pick(group, option) {
    this.actions++;
    const box = typeof group === 'string' ? this.page.getByRole('radiogroup', { name: group }) : group;
    await box.getByText(option, { exact: true }).first().click();
  }
  /** A field of a form by its label: whatever stands there is filled in the way it wants. */
  async fill(within, label, value) {
    const row = within.locator('.field').filter({ has: this.page.locator('label').filter({ hasText: new RegExp(`^\\s*${esc(label)}`) }) }).first();
    await row.waitFor();
    if (await row.getByRole('radiogroup').count()) {
      this.actions++;
      await row.getByRole('radiogroup').getByText(value, { exact: true }).click();
    } else if (await row.getByRole('combobox').count()) {
      for (const v of [].concat(value)) await this.choose(v, row.getByRole('combobox'));
      if (Array.isArray(value)) await this.page.keyboard.press('Escape');
    } else if (await row.getByRole('checkbox').count()) await this.click(row.locator('label, input').last());
    else {
      const box = row.getByRole('textbox').first();
      await this.click(box);
      if (await box.inputValue()) await this.press('Control+a');
      await this.page.keyboard.insertText(value);
      if (await row.locator('.time-field').count()) await this.page.keyboard.press('Tab');
    }
  }
  /** A step of a record: its button, what it asks, and on. A step may stand behind “more”. */
  async step(name, fields = {}) {
    const bar = this.page.locator('.actions');
    const open = this.button(name, bar);
    await open.or(this.button(/更多操作/, bar)).first().waitFor();
    if (await open.count()) await this.click(open);
    else {
      await this.click(this.button(/更多操作/, bar));
      await this.click(this.page.getByRole('menuitem', { name, exact: true }));
    }
    if (!Object.keys(fields).length) return;
    const ask = this.page.getByRole('region', { name, exact: true });
    for (const [label, value] of Object.entries(fields)) await this.fill(ask, label, value);
    await this.click(ask.locator('button[type=submit]'));
    await ask.waitFor({ state: 'hidden' });
  }
  /** The state as the path at the head of a record says it. */
  async state(name) {
    await this.sees(name, { within: this.page.locator('[aria-current=step]') });
  }
  async menu(button, line) {
    await this.click(button);
    await this.click(this.page.getByRole('menuitem', { name: line }).or(this.page.getByRole('menuitemradio', { name: line })));
  }
  /** How many actions `what` took. */
  async actionsOf(what) {
    const before = this.actions;
    await what();
    return this.actions - before;
  }

  /* seeing */
  async sees(what, { within = this.page, timeout } = {}) {
    await (typeof what === 'string' || what instanceof RegExp ? within.getByText(what) : what).filter({ visible: true }).first().waitFor({ timeout });
  }
  async seesNot(what, { within = this.page, timeout } = {}) {
    const l = typeof what === 'string' || what instanceof RegExp ? within.getByText(what) : what;
    await until(async () => (await l.filter({ visible: true }).count()) === 0, `still there: ${what}`, timeout);
  }
  async isAt(pattern) {
    await this.page.waitForURL(pattern);
  }
  async head() {
    return (await this.page.getByRole('heading', { level: 1 }).first().innerText()).trim();
  }

  /* the API, to prepare and to look behind the page; never for what a journey is about */
  async api(method, path, data, headers = {}) {
    const r = await this.context.request.fetch(`${this.journey.server.url}/api/v1/${path}`, {
      method, data, headers: { Origin: this.journey.server.url, 'X-Org': this.org, 'Content-Type': 'application/json', ...headers },
    });
    const body = /json/.test(r.headers()['content-type'] ?? '') ? await r.json() : await r.text();
    assert.ok(r.ok(), `${method} ${path}: ${r.status()} ${JSON.stringify(body)}`);
    return body;
  }
  async record(type, id) {
    return this.api('GET', `records/${type}/${id}`);
  }
  async rows(type, where, columns = '', sort = '-id') {
    return (await this.api('GET', `records/${type}?${new URLSearchParams({ where, columns, sort, limit: '50' })}`)).rows;
  }
  async do(type, id, name, fields = {}) {
    const { version } = await this.record(type, id);
    return this.api('POST', `records/${type}/${id}/do/${name}`, { fields }, { 'If-Match': `"${version}"` });
  }
  async intake(matter, who = {}) {
    return this.api('POST', 'intake', { customer: who.customer ?? { fields: { name: who.name ?? '试验客户', mobile: who.mobile ?? '13900009999' } }, contact: { channel: 'phone' }, matters: [].concat(matter) });
  }
}

/** Waits until a question is answered yes. */
export async function until(ask, otherwise, timeout = 8_000) {
  const end = Date.now() + timeout;
  for (;;) {
    if (await ask()) return;
    if (Date.now() > end) throw new Error(otherwise);
    await sleep(60);
  }
}
