// A task to 工程部: done on a phone; its answer stands in the ticket by itself.
import assert from 'node:assert/strict';

export const title = 'a task to a department, done on a phone; the answer comes back live';

const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

export async function run(t) {
  const a = await t.as('agent', null);
  const w = await t.as('worker', 'tasks', { width: 390, height: 844, hasTouch: true });
  await w.sees(w.tab(/待接单/));
  const made = await a.intake({ type: 'repair', content: '卫生间地漏反味，楼上邻居也反映。', then: 'ticket', category: 'repair', fields: { title: '卫生间地漏反味', address: '锦绣花园 8 栋 1 单元 302' } }, { name: '秦晓', mobile: '13766668888' });
  const { id } = made.matters[0];
  await a.go(`r/ticket/${id}`);
  await a.step('受理');
  await a.state('处理中');
  const send = await a.actionsOf(() => a.step('派任务', { 承办部门: '工程部', 要求: '请带疏通机，检查地漏水封，下午三点前到。' }));
  t.count('send a task to a department', send, 6);
  await a.sees('待接单', { within: a.page.locator('aside').last() });

  // It appears on the phone by itself; the number shows only once it is taken.
  const card = w.page.getByRole('listitem').filter({ hasText: '卫生间地漏反味' });
  await w.sees(card, { timeout: 10_000 });
  await w.sees(/137\*+8888/, { within: card });
  assert.equal(await card.getByText('13766668888').count(), 0, 'the full number is hidden before');
  const work = await w.actionsOf(async () => {
    await w.click(w.button('接单', card));
    await w.sees(card.getByRole('link', { name: /13766668888/ }));
    await w.click(w.button('到场', card));
    await w.sees('已到场', { within: card });
    await w.click(w.button('完成', card));
    const [picker] = await Promise.all([w.page.waitForEvent('filechooser'), w.click(card.getByText('选照片'))]);
    await picker.setFiles({ name: '地漏.png', mimeType: 'image/png', buffer: png });
    await w.sees('地漏.png', { within: card });
    await w.type('地漏水封干了，已更换防臭芯，排水正常。', card.getByRole('textbox').first());
    await w.click(w.button('完成并交回', card));
    await w.seesNot(w.button('完成并交回'));
  });
  t.count('take, arrive at and finish a task on a phone', work, 8);

  // The agent has not reloaded: the answer stands in the ticket, nobody typed it again.
  await a.sees(/已更换防臭芯/, { within: a.page.locator('.fields'), timeout: 10_000 });
  const r = await a.record('ticket', id);
  assert.match(r.fields.dept_result, /防臭芯/);
  assert.equal(r.fields.dept_files.length, 1);
  await a.step('处理完毕', { 解决方案: '工程部已更换防臭芯。' });
  await a.state('待确认');
  const [task] = await w.rows('task', "title = '卫生间地漏反味'", 'state,owner,arrived_at,done_at,result_photos');
  assert.equal(task.fields.owner.label, '赵强');
  assert.ok(task.fields.arrived_at && task.fields.done_at);
  await t.paint('tasks on a phone', w, 'tasks', '[role=tablist] [role=tab]');
}
