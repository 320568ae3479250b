// An administrator makes a queue and an approval route by clicking: what they would do stands there before they are in
// force; what is not changed stays as it was written; each is taken back, switched off, read as text.
import assert from 'node:assert/strict';
import { axeLines, settled, tooWide } from '../lib/look.mjs';
import { until } from '../lib/desk.mjs';

export const title = 'settings of queues and approval routes: made, checked, saved, undone, switched off; standards and skills within reach';

export async function run(t) {
  const p = await t.as('admin', 'settings/queues');
  const declared = async (section, name) => (await p.api('GET', `declared/${section}`)).list.find((d) => d.name === name);

  // A queue of one's own.
  await p.click(p.button('新建'));
  const ask = p.page.getByRole('dialog', { name: '新建' });
  await p.type('夜间加急', ask.getByLabel('名称（中文）'));
  await ask.getByLabel('用于').selectOption({ label: '工单' });
  await p.click(ask.getByText('更多'));
  const name = await ask.getByLabel(/^英文名/).getAttribute('placeholder');
  await p.click(ask.locator('button[type=submit]'));
  const waits = p.region(/在这里排队$/);
  await p.click(waits.getByRole('button', { name: '只收一部分' }));
  await waits.getByRole('textbox', { name: '筛选式' }).fill('priority = urgent');
  const needs = p.region('需要的技能');
  await p.click(needs.getByRole('button', { name: '加一项技能' }));
  await needs.getByRole('combobox', { name: '技能' }).selectOption({ label: '报修' });
  await p.pick(needs.getByRole('radiogroup', { name: '至少几级' }), '3');
  const widen = p.region(/没人接就放宽/);
  await p.click(widen.getByRole('button', { name: '加一步放宽' }));
  await p.sees(/现在有 \d+ 件会在这里排队，\d+ 人可以派/);
  await p.sees('检查通过');
  await p.click(p.button('保存'));
  await p.sees('已保存夜间加急，立即生效');
  assert.deepEqual((await declared('queues', name)).json, {
    queue: name, label: '夜间加急', type: 'ticket', members: { roles: ['agent'] }, where: 'priority = urgent', needs: [{ skill: 'repair', level: 3 }], widen: [{ after: '5m', level: -1 }],
  });
  // On the board at once, and away again.
  const z = await t.as('lead', 'queues');
  await z.sees(z.page.getByRole('tab', { name: /夜间加急/ }));
  await p.click(p.button('撤销'));
  await p.sees('已恢复为修改前');
  assert.equal(await declared('queues', name), undefined);

  // A pack's queue: one thing is changed, all else and its remarks stay.
  await p.click(p.button(/^热线工单/));
  const before = await declared('queues', 'hotline');
  await p.region('派多少、响多久').getByRole('combobox', { name: '每人同时最多几件' }).selectOption('n');
  await p.sees('检查通过');
  await p.click(p.button('保存'));
  await p.sees(/已保存热线工单/);
  const after = await declared('queues', 'hotline');
  assert.deepEqual(after.json, { ...before.json, capacity: 10 });
  assert.equal(after.yaml, before.yaml.replace('"@agent_capacity"', '10'));
  await p.click(p.button('撤销'));
  await until(async () => (await declared('queues', 'hotline')).yaml === before.yaml, 'the text is not what it was');
  await p.sees(/没有改动/);
  // What is wrong is said by line, and can't be saved.
  await p.click(p.tab('文本'));
  const text = p.page.getByRole('textbox', { name: 'hotline' });
  await text.fill(before.yaml.replace('skill: repair, level: 1', 'skill: repair, level: 9'));
  await p.sees(/处问题，不能保存/);
  assert.ok(await p.button('保存').isDisabled());
  await p.click(p.button('放弃修改'));
  await p.click(p.page.getByRole('switch', { name: /^热线工单/ }));
  await p.sees('热线工单：停用');
  await until(async () => (await declared('queues', 'hotline')).off, 'it was not switched off');
  await p.click(p.page.getByRole('switch', { name: /^热线工单/ }));
  await p.sees('热线工单：启用');
  await p.click(p.tab('历史'));
  await p.sees('现行');

  // A route of one's own.
  await p.click(p.tab('审批流程'));
  await p.click(p.button('新建'));
  await p.type('联络单办结审批', ask.getByLabel('名称（中文）'));
  await ask.getByLabel('用于').selectOption({ label: '工作联络单' });
  await p.click(ask.getByText('更多'));
  const route = await ask.getByLabel(/^英文名/).getAttribute('placeholder');
  await p.click(ask.locator('button[type=submit]'));
  await p.type('回复', p.page.getByRole('combobox', { name: '哪一步提交审批' }));
  await p.press('Enter', 'Escape');
  await p.page.getByLabel('通过时做').selectOption({ label: '办结' });
  await p.page.getByLabel('退回时做').selectOption({ label: '再次联络' });
  await p.sees(/处问题，不能保存/);
  await p.click(p.button('加一步'));
  const step = p.page.getByRole('group', { name: /^第 1 步/ });
  await p.choose('客服经理', step.getByRole('combobox', { name: '谁来批' }));
  await p.press('Escape');
  await step.getByRole('combobox', { name: '要几个人同意' }).selectOption({ label: '全部同意' });
  await p.click(step.getByRole('button', { name: '加时限' }));
  await p.sees(/第 1 步：\d+ 人/);
  await p.sees('检查通过');
  await p.click(p.button('保存'));
  await p.sees('已保存联络单办结审批，立即生效');
  assert.deepEqual((await declared('approvals', route)).json, {
    approval: route, label: '联络单办结审批', type: 'liaison_slip', start: 'answer', approved: 'close', returned: 'again', steps: [{ name: 'step_1', label: '第 1 步', who: ['role:manager'], need: 'all', due: '1bd' }],
  });
  await p.click(p.button('撤销', p.page.locator('.toast').filter({ hasText: '联络单办结审批' })));
  await until(async () => !(await declared('approvals', route)), 'the route is still there');

  // A pack's route: a step's need is changed and put back: nothing is left to save.
  await p.click(p.button(/^投诉方案批示/));
  const first = p.page.getByRole('group', { name: /^第 1 步/ });
  await first.getByRole('combobox', { name: '要几个人同意' }).selectOption({ label: '全部同意' });
  await p.sees(/正在审批的 \d+ 件按原来的流程走完|现在没有正在审批的/);
  await first.getByRole('combobox', { name: '要几个人同意' }).selectOption({ label: '一人同意即可' });
  await p.sees('没有改动');

  // The library of problems as a tree; skills and shared acceptance: two clicks from the settings at most.
  const clicks = await p.actionsOf(() => p.click(p.tab('问题标准')));
  t.count('to the library of problems from the settings', clicks, 2);
  const tree = p.page.getByRole('tree');
  await tree.getByRole('treeitem', { name: /上门费多收/ }).focus();
  const before_n = await tree.getByRole('treeitem').count();
  await p.press('ArrowRight');
  await until(async () => (await tree.getByRole('treeitem').count()) > before_n, 'nothing was unfolded');
  await settled(p);
  assert.deepEqual([...(await axeLines(p.page)), ...(await tooWide(p.page))], []);
  const shares = await p.actionsOf(async () => {
    await p.click(p.tab('排队派单'));
    await p.click(p.link(/受理职责共享列表/));
  });
  t.count('to shared acceptance from the settings', shares, 2);
  await p.isAt(/list\/acceptance_share/);

  const phone = await t.as('admin', 'settings/queues?at=ticket%2Fhotline', { width: 390, height: 844, hasTouch: true });
  await phone.sees(phone.region('需要的技能'));
  await settled(phone);
  assert.deepEqual([...(await axeLines(phone.page)), ...(await tooWide(phone.page))], []);
}
