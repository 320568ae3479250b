// Two at one record: who saves second sees what changed, and loses nothing of what he typed.
import assert from 'node:assert/strict';

export const title = 'a stale edit says what the colleague changed and keeps what was typed';

export async function run(t) {
  const [a, l] = await Promise.all([t.as('agent', null), t.as('lead', null)]);
  const made = await a.intake({ type: 'repair', content: '阳台漏水。', then: 'ticket', category: 'repair', fields: { title: '阳台漏水', address: '旧地址' } }, { name: '简宁', mobile: '13700003456' });
  const { id } = made.matters[0];
  await a.go(`r/ticket/${id}`);
  await l.go(`r/ticket/${id}`);
  await a.sees(/王敏 也在看/); // each sees that the other looks too

  // The agent's line is held up for a moment, as a slow network does, so that hers is the older version.
  await a.click(a.button('修改地址'));
  await a.press('Control+a');
  await a.page.keyboard.insertText('新城路 9 号 2 单元');
  a.allow(412);
  let late = 0; // only the first request of each is held up
  await a.page.route(`**/api/v1/records/ticket/${id}`, async (route) => {
    if (route.request().method() !== 'PATCH' || late++) return route.continue();
    const { version } = await l.record('ticket', id);
    await l.api('PATCH', `records/ticket/${id}`, { fields: { product: '推拉门', priority: 'high' } }, { 'If-Match': `"${version}"` });
    await route.continue();
  });
  await a.press('Enter');
  await a.sees('同事刚刚改过这条记录');
  await a.sees(/推拉门/, { within: a.page.getByRole('alert') });
  assert.equal(await a.page.locator('.editing input').inputValue(), '新城路 9 号 2 单元', 'what was typed is there');
  await a.click('仍按我的保存');
  await a.seesNot('同事刚刚改过这条记录');
  const r = await l.record('ticket', id);
  assert.equal(r.fields.address, '新城路 9 号 2 单元');
  assert.equal(r.fields.product, '推拉门', 'the colleague’s change stays');
  // And he sees hers by himself.
  await l.sees('新城路 9 号 2 单元', { timeout: 10_000 });

  // A step asked for on the older version: the same.
  late = 1;
  await a.click('派任务');
  const ask = a.region('派任务');
  await a.fill(ask, '承办部门', '工程部');
  await a.fill(ask, '要求', '带梯子，先看防水层。');
  await a.page.route(`**/api/v1/records/ticket/${id}/do/dispatch`, async (route) => {
    if (late++ > 1) return route.continue();
    await l.do('ticket', id, 'urge', { content: '客户催得急' });
    await route.continue();
  });
  await a.click(ask.locator('button[type=submit]'));
  await a.sees('同事刚刚改过这条记录');
  assert.equal(await ask.getByRole('textbox', { name: /要求/ }).inputValue(), '带梯子，先看防水层。', 'what was typed is there');
  await a.click('仍按我的保存');
  await a.seesNot('同事刚刚改过这条记录');
  const tasks = await l.rows('task', `record = ${id}`, 'content');
  assert.equal(tasks.length, 1);
  assert.equal(tasks[0].fields.content, '带梯子，先看防水层。');
}
