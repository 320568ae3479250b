// What waits for one: answered on the workbench, on the approvals page with a thumb, on the record; what is locked says so.
import assert from 'node:assert/strict';

export const title = 'approvals: on the phone, on the workbench, sent back with a reason, rounds on the record, locked fields';

export async function run(t) {
  const m = await t.as('manager', 'approvals', { width: 390, height: 844 });
  const list = m.page.getByRole('listitem').filter({ has: m.page.getByRole('button', { name: '同意', exact: true }) });
  await list.first().waitFor();
  const first = list.first();
  const name = (await first.getByRole('heading').innerText()).trim();
  await m.sees('方案说明', { within: first });
  // One thumb: each answer is large enough, nothing runs over the side.
  for (const b of await first.getByRole('button').all()) assert.ok((await b.boundingBox()).height >= 44, 'large enough for a thumb');
  assert.ok(await m.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing runs over the side');

  // What sends back wants a reason, and says so before anything is sent.
  await m.click(m.button('退回', first));
  await m.sees('请先写明原因', { within: first });
  await m.type('补偿偏低，请再谈', first.getByLabel('意见'));
  const back = await m.actionsOf(() => m.click(m.button('退回', first)));
  t.count('send an approval back, its reason typed', back, 2);
  await m.sees(`已退回：${name}`);
  await m.click(m.tab('已审'));
  await m.sees('已退回');
  await m.sees(name);

  // The one who asked proposes again: the second round stands in his list and on the workbench of who decides.
  const [r] = await m.rows('complaint', `demand = '${name}'`, 'number,owner');
  const asker = await t.as('admin', null).then(async (x) => (await x.rows('user', `id = ${r.fields.owner.id}`, 'login'))[0].fields.login);
  const a = await t.as(asker, `r/complaint/${r.id}`);
  await a.sees('已退回', { within: a.region('审批') });
  await a.sees('补偿偏低，请再谈', { within: a.region('审批') });
  await a.step('提出方案', { 方案说明: '再加 20 元并道歉。', 涉及金额: '60' });
  await a.sees('第 2 轮', { within: a.region('审批') });
  // Locked while it runs, with the reason.
  await a.sees(a.page.getByRole('img', { name: '审批中，不能修改' }));
  assert.equal(await a.button('修改涉及金额').count(), 0);
  await a.go('approvals/mine');
  await a.sees(name);
  await a.sees(/等 /);

  const w = await t.as('manager', 'workbench');
  const block = w.region('待我处理');
  const row = block.getByRole('group', { name: new RegExp(name) });
  await row.waitFor();
  const agree = await w.actionsOf(() => w.click(w.button('同意', row)));
  t.count('agree on the workbench', agree, 1);
  await w.sees(`已同意：${name}`);
  await row.waitFor({ state: 'detached' });
  await a.go(`r/complaint/${r.id}`);
  await a.state('待通知客户');
  await a.sees('已通过', { within: a.region('审批') });
  await a.sees(a.page.getByRole('img', { name: /^已批准，不能修改/ }));
  await a.click(a.button('前几轮'));
  await a.sees('第 1 轮', { within: a.region('审批') });
}
