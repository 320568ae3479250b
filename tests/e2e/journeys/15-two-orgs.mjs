// One browser, two organisations in two tabs: neither sees the other's, nor signs it out.
import assert from 'node:assert/strict';

export const title = 'two organisations in two tabs do not mix';

export async function run(t) {
  const said = await t.server.command('org', 'add', 'second', '第二公司', '--packs', 'core', '--admin', 'boss');
  const secret = /password (\S+)/.exec(said)[1];
  const one = await t.as('agent', 'list/customer?view=all');
  await one.sees('秦浩然');

  // The first administrator of the other one signs in, in a tab of the same browser.
  const two = await t.visitor('boss', { context: one.context });
  two.org = 'second';
  await two.page.goto('/login?org=second', { waitUntil: 'networkidle' }); // which organisations there are is asked first
  const org = two.page.getByRole('combobox');
  if (await org.count()) await org.selectOption('second');
  else await two.field('组织代码').fill('second');
  await two.type('boss', two.field('账号'));
  await two.type(secret, two.field('密码'));
  await two.press('Enter');
  await two.isAt('**/o/second**');
  await two.sees(/临时密码/);
  const ask = two.page.getByRole('dialog');
  await two.type(secret, ask.getByLabel('现在的密码'));
  await two.type('another secret 9', ask.getByLabel('新密码', { exact: true }));
  await two.type('another secret 9', ask.getByLabel('再输一次新密码'));
  await two.press('Enter');
  await two.sees('密码已修改');
  await two.sees('第二公司');
  await two.go('list/team');
  assert.equal(await two.page.getByText('工程部').count(), 0, 'no team of the other organisation');

  // Both go on; what is made in one is not in the other.
  await one.page.reload();
  await one.sees('演示公司');
  await one.sees('秦浩然');
  await two.page.bringToFront();
  await two.api('POST', 'records/team', { fields: { code: 'XX', name: '只在第二公司', kind: 'desk' } });
  await two.go('list/team');
  await two.sees('只在第二公司');
  await one.go('intake');
  await one.press('F2');
  assert.equal((await one.api('GET', `lookup/team?q=${encodeURIComponent('只在第二公司')}`)).hits.length, 0);
  // An id of the one asked for in the other is simply not there.
  const [team] = await two.rows('team', "code = 'XX'", 'code');
  one.allow(404);
  await one.go(`r/team/${team.id}`);
  await one.sees(/没有|不存在|找不到/);

  // Signing out of one leaves the other signed in.
  await two.menu(two.button(/^账户/), '退出登录');
  await two.isAt('**/login**');
  await one.go('list/customer?view=all');
  await one.sees('秦浩然');
}
