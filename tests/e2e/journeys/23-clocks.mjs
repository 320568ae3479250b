// Time limits on the workbench, in a list and on a record: counting down, standing still with the reason, going on, ended in time.
import assert from 'node:assert/strict';

export const title = 'clocks: in words on the workbench, in lists and on the record, with their history';

export async function run(t) {
  const p = await t.as('agent', null);
  const made = await p.intake({ type: 'repair', content: '净水器不出水。', then: 'ticket', category: 'repair', fields: { title: '净水器不出水' } }, { name: '沈之远', mobile: '13600008801' });
  const { id } = made.matters[0];
  await p.do('ticket', id, 'accept');

  // On the workbench the row says how long there is.
  await p.go('workbench');
  const row = p.page.getByRole('group', { name: /净水器不出水/ }).first();
  await p.sees(/办理/, { within: row.locator('.clock') });

  // The record says it at its head and tells the clock's history beside it.
  await p.go(`r/ticket/${id}`);
  const clocks = p.region('时限');
  await p.sees('办理', { within: clocks });
  await p.sees(/时限 3 天/, { within: clocks });
  await p.sees('正常班', { within: clocks });
  await p.sees(/前|还有/, { within: p.page.locator('header .clock') });

  await p.step('挂起', { 挂起原因: '等配件', 恢复日期: '后天' });
  await p.sees(/暂停中：等配件/, { within: clocks });
  await p.click(clocks.getByRole('button', { name: /^经过/ }));
  await p.sees('开始计时', { within: clocks });
  await p.sees(/暂停至今.*：等配件/, { within: clocks });
  // Waiting is not running: the record says so in a list too.
  const [listed] = await p.rows('ticket', `id = ${id}`, 'clock_solve_state');
  assert.equal(listed.fields.clock_solve_state, 'paused');

  await p.step('恢复');
  await p.seesNot(/暂停中/, { within: clocks });
  await p.sees(/暂停 .*：等配件/, { within: clocks });

  // As a column of a list: words, not a bare time.
  const l = await t.as('lead', `list/ticket?view=all&where=${encodeURIComponent(`id = ${id}`)}`);
  await l.click(l.button('列'));
  await l.click(l.page.getByRole('dialog').getByText('办理到期', { exact: true }));
  await l.press('Escape');
  await l.sees(l.page.getByRole('gridcell').locator('.clock'));
  await l.sees('净水器不出水');
}
