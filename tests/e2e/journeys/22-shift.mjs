// A shift changes hands: it fills itself, is on the other's workbench, is taken line by line and signed by both.
import assert from 'node:assert/strict';

export const title = 'A shift is handed over and taken line by line';

export async function run(t) {
  const a = await t.as('agent', 'list/shift_handover');
  await a.click(a.link('新建交接班').or(a.button('新建交接班')));
  await a.type('早班', a.page.getByRole('textbox', { name: /^班次/ }));
  assert.notEqual(await a.page.getByRole('textbox', { name: /^本人下次上班/ }).inputValue(), '', 'when he comes back is proposed');
  await a.click('登记');
  await a.step('自动填写');
  await a.sees('今天 17:00 放学后回电');
  await a.step('交班签字', { 接班人: '张薇' });
  await a.state('待接班');
  assert.equal(await a.button('对客户说').count(), 0, 'nobody to speak to');

  const b = await t.as('zhangwei', 'workbench');
  const row = b.region('待我接收').getByRole('group', { name: /早班/ });
  await b.sees(/李婷移交给您/, { within: row });
  await b.click(b.link('早班', row));
  // What it waits for stands there.
  await b.sees('请先逐条接收；不接收的写明原因');
  assert.ok(await b.button('接班签字').isDisabled());
  await b.click(b.page.locator('[data-edit=lines]'));
  const lines = b.page.getByRole('table', { name: '交接事项' });
  await b.click(lines.getByRole('row').nth(1).getByText('接收', { exact: true }));
  await b.click(b.button('其余同此', lines));
  await b.click('保存');
  await b.step('接班签字');
  await b.state('已交接');
}
