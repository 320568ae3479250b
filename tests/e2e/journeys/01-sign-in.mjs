// The door: by typing, by the demo button, with a wrong password, in English, and out again.
import assert from 'node:assert/strict';

export const title = 'signing in and out';

export async function run(t) {
  const p = await t.visitor('agent');
  p.allow(401);
  await p.page.goto('/');
  await p.isAt('**/login**');
  await p.field('账号').fill('agent');
  await p.field('密码').fill('wrong-password');
  await p.press('Enter');
  await p.sees(p.page.getByRole('alert').filter({ hasText: /不对|不正确|不符/ }));
  assert.equal(await p.field('密码').inputValue(), '', 'the wrong password is not kept');
  assert.equal(await p.field('账号').inputValue(), 'agent', 'the login is kept');

  await p.click('English');
  await p.sees(p.button('Sign in'));
  await p.sees(p.page.getByRole('heading', { level: 1, name: 'Shouwen' }));
  await p.click(/中文/);

  await p.type('shouwen-demo', p.field('密码'));
  await p.press('Enter');
  await p.isAt('**/o/demo/**');
  await p.sees(p.page.getByRole('navigation', { name: '工作区' }));
  await p.sees('李婷');

  // Whoever is here is free to be called on; what he chooses stays over a reload, also 离线.
  const presence = p.button(/^状态/);
  await p.sees('空闲', { within: presence });
  for (const state of ['用餐', '离线']) {
    const kept = p.page.waitForResponse((r) => r.request().method() === 'PUT' && r.url().endsWith('/presence')); // it is shown before
    await p.menu(presence, state);
    await kept;
    await p.page.reload();
    await p.sees(state, { within: presence });
  }

  // The language of the whole console is one switch, and is remembered.
  await p.menu(p.button(/^账户/), 'English');
  await p.sees(p.link(/Tickets?/));
  await p.page.reload();
  await p.sees(p.link(/Tickets?/));
  assert.equal(await p.page.locator('html').getAttribute('lang'), 'en');
  await p.menu(p.button(/^Account/), '中文');
  await p.sees(p.link(/工单/));

  await p.menu(p.button(/^账户/), '退出登录');
  await p.isAt('**/login**');
  const r = await p.context.request.get(`${t.server.url}/api/v1/session`, { headers: { 'X-Org': 'demo' } });
  assert.equal(r.status(), 401, 'the session is over at the server too');

  // A page asked for while signed out is where one lands after signing in, here by the demo button.
  await p.page.goto('/o/demo/list/ticket');
  await p.isAt('**/login**');
  t.count('sign in by the demo button', await p.actionsOf(() => p.click(/王敏/)), 1);
  await p.isAt('**/o/demo/list/ticket');
  await p.sees('空闲', { within: presence });
  await p.sees(p.tab('我的工单'));

  const fresh = await t.visitor('new');
  await t.paint('login', fresh, '/login', 'input[name=password]');
}
