// A duty is changed twice; what each change was stands in its history, and the first text is put in force again.
import assert from 'node:assert/strict';
import { until } from '../lib/desk.mjs';

export const title = 'history: what each version changed, an earlier one put in force again, and back';

export async function run(t) {
  const p = await t.as('admin', 'settings/duties');
  const of = async () => (await p.api('GET', 'declared/duties')).list.find((d) => d.name === 'open_desk').json;
  const first = await of();
  await p.click(p.button(/^班前准备/));

  const change = async (time, why) => {
    await p.click(p.tab('表单'));
    await p.page.getByLabel('几点').fill(time);
    await p.sees('检查通过');
    await p.type(why, p.page.getByLabel(/^为什么改/));
    await p.click(p.button('保存'));
    await p.sees(/已保存班前准备/);
    await until(async () => (await of()).every === `workday ${time}`, 'it is not in force');
  };
  await change('08:20', '提前十分钟');
  await change('08:10', '再提前十分钟');

  await p.click(p.tab('历史'));
  const rows = p.page.getByRole('list', { name: '这份文件的历次文本' }).getByRole('listitem');
  await p.sees('再提前十分钟', { within: rows.nth(0) });
  await p.sees('现行', { within: rows.nth(0) });
  await p.sees('提前十分钟', { within: rows.nth(1) });
  await p.click(rows.nth(0).getByRole('button').first());
  await p.sees(/08:10/, { within: p.region('diff') });

  const back = rows.nth(1).getByRole('button', { name: '恢复到这一版' });
  if (!(await back.isVisible())) await p.click(rows.nth(1).getByRole('button').first());
  await p.click(back);
  await p.sees('已恢复');
  await until(async () => (await of()).every === 'workday 08:20', 'the earlier text is not in force');
  await p.sees('现行', { within: rows.nth(0) });
  // One click, and it is as it was.
  await p.sees(/恢复到 .* 的文本 提前十分钟/, { within: rows.nth(0) });
  await p.click(p.page.locator('.toasts, [role=status]').getByText('已恢复', { exact: true }).locator('xpath=..').getByRole('button', { name: '撤销' }));
  await until(async () => (await of()).every === 'workday 08:10', 'the restoring was not taken back');

  // The form shows what is in force, not what it showed before.
  await p.click(p.tab('表单'));
  await until(async () => (await p.page.getByLabel('几点').inputValue()) === '08:10', 'the form shows an old text');
  assert.equal((await of()).due, first.due, 'all else stayed');
}
