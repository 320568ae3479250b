// What nobody owns rings at somebody who is free, on whatever page he is: passed on, taken, and gone where another took it.
import assert from 'node:assert/strict';

export const title = 'queues: a matter rings on any page, is passed on with a word, taken with one touch; the lead puts it back';

export async function run(t) {
  const lead = await t.as('lead', null);
  await lead.api('PUT', 'session/presence', { presence: 'meeting' }); // he takes calls himself when he is free
  const agent = await t.as('agent', null);
  const made = await agent.intake({ type: 'repair', content: '空调外机异响，夜里吵。', then: 'ticket', category: 'repair', fields: { title: '空调外机异响' }, promise: null }, { name: '住户响铃', mobile: '13600008181' });
  const id = made.matters[0].id;

  // He looks at a list; the lead puts the matter into the queue: it rings there too, and takes no focus.
  const p = await t.as('agent', 'list/ticket');
  const before = await p.page.evaluate(() => document.activeElement?.outerHTML.slice(0, 80));
  await lead.do('ticket', id, 'release', { reason: '李婷手上太多' });
  const bar = p.region('派单响铃');
  await bar.waitFor({ timeout: 20_000 });
  await p.sees('空调外机异响', { within: bar });
  await p.sees(/还剩 \d+ 秒/, { within: bar });
  assert.equal(await p.page.evaluate(() => document.activeElement?.outerHTML.slice(0, 80)), before);

  // Taken with one touch: it is his, and its page is there.
  const took = await p.actionsOf(() => p.click(p.button('接下', bar)));
  t.count('take what rings', took, 1);
  await p.isAt(new RegExp(`r/ticket/${id}`));
  assert.equal((await p.record('ticket', id)).fields.owner?.label, p.me.name);
  await bar.waitFor({ state: 'detached' });
}
