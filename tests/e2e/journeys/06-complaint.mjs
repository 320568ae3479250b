// A complaint through its eight steps by all who have a part in it; a round that the customer refuses;
// five clear and one report before it is filed. And the short way.
import assert from 'node:assert/strict';

export const title = 'a complaint: eight steps by four people, sent back, refused, filed; simple handling';

export async function run(t) {
  const [a, l, h, m] = await Promise.all([t.as('agent', null), t.as('lead', null), t.as('zhouhai', null), t.as('manager', null)]);
  const made = await a.intake({
    type: 'complaint', content: '沙发送到时扶手划破，师傅说回去再说就走了。', then: 'complaint', category: 'product',
    fields: { object: '物流部送货师傅', demand: '换新扶手并道歉' },
  }, { name: '梁晨', mobile: '13700002345' });
  const { id } = made.matters[0];
  const at = `r/complaint/${id}`;

  await l.go(at);
  await l.state('待判定');
  // What a step needs is asked; without it nothing happens, and it says which.
  await l.click('判定有效');
  await l.click(l.region('判定有效').locator('button[type=submit]'));
  await l.sees('必填', { within: l.region('判定有效') });
  await l.fill(l.region('判定有效'), '判定理由', '照片显示扶手有新划痕');
  await l.click(l.region('判定有效').locator('button[type=submit]'));
  await l.state('待定责');
  await l.step('定责', { 责任部门: '物流部', 要求: '核实装卸过程，附照片。' });
  await l.state('调查中');

  // The department's head answers; he sees no inner judgement and no full number.
  await h.go(at);
  await h.state('调查中');
  assert.equal(await h.page.getByText('13700002345').count(), 0, 'no full number for the department');
  await h.step('调查完成', { 调查分析: '卸车时扶手碰到尾板，司机未当场登记。', 责任归属: '企业-服务质量' });
  await h.state('待出方案');
  const [task] = await h.rows('task', "title = '投诉核查' and stage = open", 'state', '-id');
  await h.do('task', task.id, 'accept');
  await h.do('task', task.id, 'complete', { result: '已核实，司机承认。' });

  await a.go(at);
  await a.step('提出方案', { 处理方案: ['换货', '道歉'], 方案说明: '更换扶手，司机道歉，补偿 50 元。', 涉及金额: '50' });
  await a.state('待批示');
  // Who may not approve is told who may.
  await a.click(a.button(/更多操作/));
  await a.sees(/只能由客服经理、总经理办理/);
  await a.page.keyboard.press('Escape');

  await m.go('list/complaint?view=to_approve');
  await m.sees('换新扶手并道歉');
  await m.go(at);
  await m.step('批示退回', { 原因: '补偿偏低，请与客户再谈。' });
  await m.state('待出方案');
  await a.state('待出方案'); // live, without reloading
  await a.step('提出方案', { 方案说明: '更换扶手，主管道歉，补偿 100 元。', 涉及金额: '100' });
  await m.state('待批示');
  await m.step('批示同意', { 主管领导批示: '同意。' });
  await a.state('待通知客户');

  // He refuses: what he asks and when he hears again is written down; a new round begins.
  await a.step('客户不接受', { 客户要求: '整张沙发换新', 下次回复时间: '明天 16:00' });
  await a.state('待出方案');
  await a.sees('整张沙发换新');
  await a.step('提出方案', { 方案说明: '整张沙发换新，主管上门道歉。', 涉及金额: '0' });
  await m.state('待批示');
  await m.step('批示同意', { 主管领导批示: '同意换新。' });
  await a.state('待通知客户');
  await a.step('客户接受', { 通知客户时间: '现在', 答复方式: '电话', 处理结果: '客户接受整张换新。', 满意度: '满意' });
  await a.state('待总结');
  await a.step('归档', { 总结评价: '卸车流程需双人。', 听清楚: true, 问清楚: true });
  await a.state('已归档');
  const r = await a.record('complaint', id);
  assert.equal(r.fields.five_clear, true, '五清楚一报告');
  assert.equal(r.fields.rounds.length, 2);
  const calls = await l.rows('follow_up', `record = ${id}`, 'plan,owner,handler');
  assert.equal(calls.length, 1, 'it made its follow-up');

  // 简易处理: accepted on the spot, within the limit: one form.
  const small = await a.intake({ type: 'complaint', content: '门店少找两元还态度不好。', then: 'complaint', category: 'manner', fields: { object: '门店收银', demand: '道歉' } }, { name: '梁晨', mobile: '13700002345' });
  await a.go(`r/complaint/${small.matters[0].id}`);
  const simple = await a.actionsOf(async () => {
    await a.step('简易处理', { 责任部门: '销售部', 处理方案: ['道歉'], 处理结果: '店长当场道歉并退款，客户接受。', 满意度: '满意', 总结评价: '收银培训。', 听清楚: true, 问清楚: true });
    await a.state('待总结');
    await a.step('归档');
    await a.click(a.region('归档').locator('button[type=submit]'));
    await a.state('已归档');
  });
  t.count('simple handling of a complaint, filed', simple, 20);
  const s = await a.record('complaint', small.matters[0].id);
  assert.equal(s.fields.standing, true, 'approved by standing delegation');
}
