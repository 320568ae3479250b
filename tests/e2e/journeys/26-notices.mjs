// What one is told and how: notices read, mail for some kinds, quiet hours, a digest.
import assert from 'node:assert/strict';
import { until } from '../lib/desk.mjs';

export const title = 'notices: unread and read, by mail or not, quiet hours, a digest; each choice can be taken back';

export async function run(t) {
  const p = await t.as('lead');
  const choices = async () => (await p.api('GET', 'notices/choices')).choices;

  // From the bell to all of them; one is read, then all.
  await p.click(p.button(/^通知/));
  await p.click(p.link('查看全部通知'));
  await p.isAt('**/notices');
  const list = p.page.getByRole('list', { name: '全部通知' });
  await list.getByRole('listitem').first().waitFor();
  const { unread } = await p.api('GET', 'notices');
  assert.ok(unread > 1, 'the demo has unread notices');
  await p.click(list.getByRole('button', { name: /^标为已读/ }).first());
  await until(async () => (await p.api('GET', 'notices')).unread === unread - 1, 'one was not marked read');
  await p.click('全部标为已读');
  await until(async () => (await p.api('GET', 'notices')).unread === 0, 'not all were marked read');
  await p.click(p.button(/^未读/));
  await p.sees('没有这样的通知');

  // How: by mail too, quiet at night, a digest in the evening.
  await p.menu(p.page.getByRole('button', { name: /^账户/ }), '通知方式');
  await p.isAt('**/notices/choices');
  const mail = p.page.getByRole('checkbox', { name: '移交给我 邮件' });
  await p.click(mail);
  await p.sees('已保存');
  assert.equal((await choices()).mail.handed_over, true);
  await p.click(p.button('撤销'));
  await until(async () => (await choices()).mail.handed_over === false, 'the choice was not taken back');

  await p.click(p.page.getByLabel('开启免打扰'));
  await p.page.getByLabel('从', { exact: true }).fill('21:30');
  await until(async () => (await choices()).quiet?.from === '21:30', 'quiet hours were not kept');
  await p.click(p.page.getByLabel('每天发一封摘要'));
  await until(async () => (await choices()).digest === '18:00', 'the digest was not kept');
  await p.page.reload();
  assert.ok(await p.page.getByLabel('开启免打扰').isChecked());
}
