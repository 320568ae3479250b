// The administrator: a colleague is made and signs in; a pack is edited, wrong and right; a register
// comes in from a file.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

export const title = 'administration: a user, a pack edited, customers imported with the template';

export async function run(t) {
  const p = await t.as('admin', 'list/user');

  // Somebody new, with a role and a team; he changes the password he was given.
  await p.click(p.page.getByRole('link', { name: /新建用户/ }));
  const form = p.page.locator('main form').first();
  await p.fill(form, '登录名', 'xiaozhou');
  await p.fill(form, '姓名', '周小舟');
  await p.fill(form, '角色', ['客服专员']);
  await p.fill(form, '所属班组', ['客服二组']);
  await p.press('Control+Enter');
  await p.isAt('**/r/user/**');
  const [made] = await p.rows('user', "login = 'xiaozhou'", 'roles,teams');
  assert.deepEqual(made.fields.roles.map((r) => r.label), ['客服专员']);
  assert.deepEqual(made.fields.teams.map((r) => r.label), ['客服二组']);
  await p.go('settings/people');
  await p.choose('周小舟', p.page.getByRole('combobox', { name: '谁' }), '周小舟');
  await p.type('first-password-1', p.page.getByLabel(/临时密码/));
  await p.click(p.page.getByRole('button', { name: '重设', exact: true }));
  await p.sees(/周小舟 的密码已重设/);

  const n = await t.visitor('xiaozhou');
  await n.page.goto('/login');
  await n.type('xiaozhou', n.field('账号'));
  await n.type('first-password-1', n.field('密码'));
  await n.press('Enter');
  await n.sees(/临时密码，请先改成自己的/);
  const ask = n.page.getByRole('dialog');
  await n.type('first-password-1', ask.getByLabel('现在的密码'));
  await n.type('my own words 7', ask.getByLabel('新密码', { exact: true }));
  await n.type('my own words 7', ask.getByLabel('再输一次新密码'));
  await n.press('Enter');
  await n.sees('密码已修改');
  await n.sees(n.link(/受理/));
  assert.equal(await n.page.getByRole('link', { name: '设置', exact: true }).count(), 0, 'what his role may not is not offered');

  // A pack with a mistake is told with its line and changes nothing.
  await p.go('settings/packs');
  await p.click(p.button(/^ticket\.yaml/).nth(1)); // the first is its printed form
  const code = p.page.getByRole('textbox', { name: 'types/ticket.yaml' });
  const before = await code.inputValue();
  const line = before.slice(0, before.indexOf('  category_detail:')).split('\n').length;
  const field = "  floor: {kind: text, label: {zh: 所在楼层, en: Floor}, max: 20}\n";
  await code.fill(before.replace('  category_detail:', field.replace('text', 'txet') + '  category_detail:'));
  await p.press('Control+s');
  await p.sees(p.button(new RegExp(`types/ticket.yaml 第 ${line} 行`)));
  await p.click('应用');
  await p.sees(/处问题/);
  assert.ok(!(await n.api('GET', 'model')).types.ticket.fields.floor, 'nothing was put in force');

  // Right, it says what it would do, does it, and the form has the field.
  await code.fill(before.replace('  category_detail:', field + '  category_detail:').replace('fields: [title, category,', 'fields: [title, floor, category,'));
  await p.click(p.button(/^检查/));
  await p.sees('没有问题');
  await p.sees(/floor/, { within: p.page.locator('.found') });
  await p.click('应用');
  await p.sees(/已应用/);
  const a = await t.as('agent', 'new/ticket');
  await a.sees('所在楼层');
  await a.fill(a.page.locator('main form'), '所在楼层', '12 楼');

  // Customers from a file: the template, a dry run that tells rows, then the run.
  const c = await t.as('qianfang', 'import/customer');
  const [got] = await Promise.all([c.page.waitForEvent('download'), c.click(c.page.getByRole('link', { name: 'CSV 模板' }))]);
  const template = (await readFile(await got.path())).toString('utf8').replace(/^\ufeff/, '');
  const head = template.split(/\r?\n/)[0].split(',');
  const at = (name) => head.findIndex((h) => h.replace(/[*"]/g, '').trim() === name);
  const row = (values) => head.map((_, i) => Object.entries(values).find(([k]) => at(k) === i)?.[1] ?? '').join(',');
  assert.ok(at('姓名/名称') >= 0 && at('手机') >= 0, `the template has its columns: ${head}`);
  const send = async (name, lines) => {
    const [chooser] = await Promise.all([c.page.waitForEvent('filechooser'), c.click('选择文件')]);
    await chooser.setFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(`\ufeff${[head.join(','), ...lines].join('\r\n')}\r\n`) });
    await c.sees('3. 检查结果');
  };
  await send('客户.csv', [row({ '姓名/名称': '东方红', 手机: '13511110001' }), row({ '姓名/名称': '西门雪', 手机: '不是号码' }), row({ '姓名/名称': '', 手机: '13511110003' })]);
  await c.sees('共 3 行');
  await c.sees('有问题 2');
  const errors = c.region('有问题');
  await c.sees('第 3 行', { within: errors });
  await c.sees('第 4 行', { within: errors });
  assert.equal((await c.rows('customer', "name = '东方红'", 'name')).length, 0, 'a dry run changes nothing');
  await send('客户.csv', [row({ '姓名/名称': '东方红', 手机: '13511110001' }), row({ '姓名/名称': '西门雪', 手机: '13511110002' })]);
  await c.sees('全部可以导入');
  await c.click('导入 2 行');
  await c.sees(/新增 2 条/);
  await c.click(c.link('看列表'));
  await c.sees('西门雪');
}
