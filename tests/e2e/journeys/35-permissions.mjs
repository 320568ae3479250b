// Who may do what, who can see this very record and why, and who took or saw what: read by an administrator and a manager.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

export const title = 'rights: the table, one kind, one role, a sheet; who sees a record and why not; the log narrowed, in words, as a sheet';

const sheet = async (p, button) => {
  const came = p.page.waitForEvent('download');
  await p.click(button);
  return readFile(await (await came).path(), 'utf8');
};

export async function run(t) {
  const p = await t.as('admin', 'settings/rights');
  const table = p.region('权限表');
  // What an agent may do with a ticket is said without colours too, and stays in sight while one scrolls.
  const cell = table.getByRole('button', { name: /^客服专员对工单：看 本班组、改 本班组、建.*打码 2 个字段/ });
  await cell.waitFor();
  await table.evaluate((el) => el.scrollTo(0, el.scrollHeight));
  const head = table.getByRole('columnheader', { name: '客服专员' });
  assert.ok((await head.boundingBox()).y < (await table.boundingBox()).y + 4, 'the roles stay on top');
  await p.click(cell);
  await p.sees(/能看的：.*部门属于本人的班组/);
  await p.sees(/打码的字段：联系电话/);
  await p.click(p.button('返回总表'));

  // A kind opened shows all roles, a role opened all kinds, with what it may use.
  const kind = await p.actionsOf(() => p.click(p.button('投诉', table)));
  t.count('see who may do what with one kind of record', kind, 1);
  await p.sees(p.page.getByRole('heading', { name: /谁能对投诉做什么.*保密/ }));
  await p.sees(/能改的：状态是待批示/);
  await p.click(p.button('总经理'));
  await p.sees('总经理能做什么');
  await p.sees('查看完整号码');
  const role = await sheet(p, p.button('导出表格'));
  assert.ok(role.startsWith('\uFEFF记录类型,角色,看,改,建,删,导出,'), role.slice(0, 80));
  assert.ok(/\r\n投诉（保密）,总经理,全部,按条件,不能,/.test(role) && !role.includes('客服专员'), 'only the role that is shown');
  await p.click(p.button('返回总表'));
  await p.type('工单', p.page.getByRole('searchbox', { name: '找类型' }));
  await p.seesNot(p.button('投诉', table));

  // A record by its number, for one who may not read it: its number, not its title.
  const a = await t.as('agent', null);
  const made = await a.intake({ type: 'repair', content: '阳台漏水。', then: 'ticket', category: 'repair', fields: { title: '阳台漏水严重' } }, { name: '苏三', mobile: '13755558888' });
  const ticket = await a.record('ticket', made.matters[0].id);
  const number = ticket.fields.number;
  const find = await p.actionsOf(async () => {
    await p.type(number, p.page.getByRole('textbox', { name: '按单号查谁能看到' }));
    await p.press('Enter');
  });
  t.count('who can see a record, by its number', find, 2);
  const who = p.page.getByRole('dialog', { name: '谁能看到这张单子，为什么' });
  await p.sees(number, { within: who });
  await p.sees(/客服专员，因为他是责任人/, { within: who });
  await p.sees(/打码的字段：联系电话/, { within: who });
  await p.seesNot(/阳台漏水严重/, { within: who });
  // One person: why not.
  await p.choose('赵强', who.getByRole('combobox', { name: '查一个人' }));
  await p.sees(who.getByRole('region', { name: '看不到' }));
  await p.sees(/承办人：这个角色与这类记录无关/, { within: who });
  await p.click(p.button('返回全部', who));
  await p.sees(who.getByRole('region', { name: '能看到全部内容' }));
  await p.click(p.button('关闭', who));
  await p.page.getByRole('textbox', { name: '按单号查谁能看到' }).fill('GD1999');
  p.allow(404);
  await p.press('Enter');
  await p.sees('没有这个单号：GD1999');
  await p.click(p.button('关闭'));

  // On the record itself, for who looks after rights; nobody else is offered it.
  const m = await t.as('manager', `r/ticket/${ticket.id}`);
  await m.menu(m.button('更多').first(), '谁能看到，为什么');
  await m.sees(/阳台漏水严重/, { within: m.page.getByRole('dialog') });
  await m.sees(/客服经理，因为这个角色可以看全部工单/);
  await m.click(m.button('关闭', m.page.getByRole('dialog')));
  await a.go(`r/ticket/${ticket.id}`);
  await a.click(a.button('更多').first());
  await a.sees(a.page.getByRole('menuitem', { name: '复制链接' }));
  assert.equal(await a.page.getByRole('menuitem', { name: '谁能看到，为什么' }).count(), 0);

  // The log: the list that left, in words; who saw what is masked; narrowed by kind, person, number.
  const lead = await t.as('lead', null);
  await lead.api('GET', `export/ticket?${new URLSearchParams({ where: 'category = repair', columns: 'number,title' })}`);
  await m.go('settings/audit');
  await m.page.getByRole('combobox', { name: '哪类事' }).selectOption({ label: '导出与打印' });
  await m.sees(/导出 \d+ 行（CSV）/);
  await m.sees(/条件：.*报修/);
  await m.sees('列：编号、标题');
  await m.sees('工单列表');
  await m.page.getByRole('combobox', { name: '哪类事' }).selectOption({ label: '看到打码内容' });
  await m.page.getByRole('searchbox', { name: '单号' }).fill(number);
  await m.press('Enter');
  const row = m.page.getByRole('row').filter({ hasText: '看到了打码内容的原文：联系电话' });
  await m.sees(row);
  await m.sees('李婷', { within: row });
  const log = await sheet(m, m.button('导出表格'));
  assert.match(log, new RegExp(`李婷,看到了打码内容的原文：联系电话,工单 ${number}`));
  await m.click(m.link(`工单 ${number}`));
  await m.isAt(`**/r/ticket/${ticket.id}`);
  await m.page.goBack();
  await m.choose('王敏', m.page.getByRole('combobox', { name: '人员' }));
  await m.sees('没有符合条件的记录');
  m.allow(422);
  await m.page.getByRole('searchbox', { name: '单号' }).fill('GD1999');
  await m.press('Enter');
  await m.sees('没有这个单号：GD1999');
  await m.click(m.button('清除条件'));
  await m.sees('登记');

  // On a phone one role at a time, nothing over the side.
  const s = await t.as('manager', 'settings/rights', { width: 390, height: 844 });
  await s.sees('客服专员能做什么');
  await s.page.getByRole('combobox', { name: '角色' }).selectOption({ label: '质检' });
  await s.sees('质检能做什么');
  assert.ok(await s.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing runs over the side');
}
