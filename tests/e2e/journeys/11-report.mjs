// The manager: the day's figures, each down to its records; the whole as text for a group chat.
import assert from 'node:assert/strict';

export const title = 'daily report: a figure opens its records; copied for the group chat';

export async function run(t) {
  const a = await t.as('agent', null);
  for (const n of [1, 2, 3]) await a.intake({ type: 'repair', content: `第 ${n} 件今日报修。`, then: 'ticket', category: 'repair', fields: { title: `今日报修 ${n}` } }, { name: `用户${n}`, mobile: `1390000700${n}` });
  const p = await t.as('manager', 'report');
  await p.sees(/日报/);
  const figure = p.page.getByRole('link', { name: /新建工单/ });
  await p.sees(figure);
  const shown = Number(/\d+/.exec((await figure.innerText()).replace('新建工单', ''))[0]);
  assert.ok(shown >= 3, `three were made today: ${shown}`);
  const drill = await p.actionsOf(async () => {
    await p.click(figure);
    await p.isAt('**/list/ticket**');
    await p.sees('今日报修 3');
  });
  t.count('from a figure to its records', drill, 1);
  await p.sees(new RegExp(`^${shown} 条$`)); // exactly those that were counted

  await p.page.goBack();
  await p.sees(figure);
  const copy = await p.actionsOf(async () => {
    await p.click('复制到群');
    await p.sees(/已复制/);
  });
  t.count('copy the daily report for a chat', copy, 1);
  const text = await p.page.evaluate(() => navigator.clipboard.readText());
  assert.match(text, new RegExp(`新建工单\\D+${shown}`));
  assert.doesNotMatch(text, /用户1|139000070/, 'neither names nor numbers go to the chat');

  // Yesterday, and the month.
  await p.click('前一期');
  await p.isAt('**at=**');
  await p.sees(figure.or(p.text('新建工单')));
  await p.click(p.tab(/^月/));
  await p.isAt('**/report/monthly**');
  await p.sees(p.page.getByRole('heading', { level: 1 }));
  await t.paint('daily report', p, 'report', '.figures');
}
