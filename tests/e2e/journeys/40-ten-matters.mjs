// A lead takes ten matters off one colleague and gives them to another: four clicks, the reason typed, one word to take it back.
import assert from 'node:assert/strict';
import { until } from '../lib/desk.mjs';

export const title = 'ten matters to another agent in four clicks, and back; one macro done to all of them';

export async function run(t) {
  const a = await t.as('agent', null);
  const matter = (n) => ({ type: 'repair', content: `第 ${n} 户暖气不热`, then: 'ticket', category: 'repair', fields: { title: `十户暖气：第 ${n} 户` } });
  const made = await a.intake(Array.from({ length: 10 }, (_, n) => matter(n + 1)), { name: '十户楼长', mobile: '13600001010' });
  const ids = made.matters.map((m) => m.id);
  assert.equal(ids.length, 10);

  const p = await t.as('lead', `list/ticket?view=all&where=${encodeURIComponent("title contains '十户暖气'")}`);
  const grid = p.page.getByRole('grid');
  await until(async () => (await grid.getByRole('row').filter({ hasText: '十户暖气' }).count()) === 10, 'ten rows');
  const ask = p.page.getByRole('dialog');
  const clicks = await p.actionsOf(async () => {
    await p.click(grid.getByRole('checkbox', { name: /选择已载入/ }));
    await p.click('改派');
    await p.type('张薇');
    await p.click(p.page.getByRole('option', { name: '张薇' }));
    await p.page.keyboard.press('Tab'); // on to the reason, which is typed
    await p.type('同一栋楼一人跟进');
    await p.click(ask.locator('button[type=submit]'));
    await p.sees(/10 条完成/);
  });
  t.count('move ten matters to another agent (clicks)', clicks, 4);
  const owners = async () => (await Promise.all(ids.map((id) => p.record('ticket', id)))).map((r) => r.fields.owner.label);
  assert.deepEqual([...new Set(await owners())], ['张薇']);

  await p.click(p.page.getByRole('status').getByRole('button', { name: '撤销' }));
  await p.sees(/已撤销 10 条/);
  assert.deepEqual([...new Set(await owners())], [a.me.name]);

  // What a macro does is done to all that are chosen, and taken back as a whole.
  await p.click(grid.getByRole('checkbox', { name: /选择已载入/ }));
  await p.menu('快捷处理', /升级并通知班长/);
  // The words of the first time may still stand there: what the server has is asked for.
  const priorities = async () => [...new Set((await Promise.all(ids.map((id) => p.record('ticket', id)))).map((r) => r.fields.priority))].join();
  await p.sees(/升级并通知班长.*10 条完成/);
  await until(async () => (await priorities()) === 'urgent', 'all ten are urgent');
  await p.click(p.page.getByRole('status').getByRole('button', { name: '撤销' }).last());
  await until(async () => (await priorities()) === 'normal', 'all ten are as they were');
}
