// Calling back: reached and satisfied; nobody there; not satisfied, which opens a linked complaint.
import assert from 'node:assert/strict';
import { until } from '../lib/desk.mjs';

export const title = 'follow-up calls: one after the other, a dissatisfied customer makes a linked complaint';

export async function run(t) {
  const [a, z] = await Promise.all([t.as('agent', null), t.as('zhangwei', null)]);
  // Three matters that the colleague closed, to be called by another.
  const made = [];
  for (const [name, mobile] of [['顾青', '13600001001'], ['邹平', '13600001002'], ['宁远', '13600001003']]) {
    const r = await z.intake({ type: 'repair', content: `${name}家热水器水温不稳。`, then: 'ticket', category: 'repair', fields: { title: `${name}热水器水温不稳` } }, { name, mobile });
    const { id } = r.matters[0];
    await z.do('ticket', id, 'accept');
    await z.do('ticket', id, 'solve', { solution: '清洗滤网，水温正常。' });
    await z.do('ticket', id, 'confirm', { customer_informed: new Date(Date.now() - 60_000).toISOString(), reply_form: 'phone' });
    const [f] = await z.rows('follow_up', `record = ${id}`, 'number');
    made.push({ name, mobile, ticket: id, id: f.id });
  }
  const rest = await a.rows('follow_up', '(owner = @me or owner is empty and team in @my_teams) and stage = open', 'number', 'due');
  assert.ok(rest.length >= 3, 'they wait in the pool of the team');

  // Satisfied: from the page of calls, by keys alone.
  await a.go(`call/${made[0].id}`);
  await a.sees('顾青');
  await a.sees(/清洗滤网/); // what was done stands beside it
  const happy = await a.actionsOf(async () => {
    await a.press('1'); // 接通
    await a.type('水温稳定，师傅很细心。');
    await a.press('Tab', '1'); // 非常满意
    await a.press('Enter');
    await until(() => !a.page.url().endsWith(made[0].id), 'it goes on to the next');
  });
  t.count('call a customer back and record it', happy, 8);
  let r = await a.record('follow_up', made[0].id);
  assert.equal(r.fields.state, 'done');
  assert.equal(r.fields.satisfaction, 'very_satisfied');
  assert.equal(r.fields.caller.label, '李婷');
  assert.equal((await z.record('ticket', made[0].ticket)).fields.satisfaction, 'very_satisfied', 'the ticket knows it too');

  // Nobody answers: a line, and another half-day.
  await a.go(`call/${made[1].id}`);
  await a.sees('邹平');
  await a.click(a.page.getByRole('radio', { name: /无人接听/ }));
  await a.press('Control+Enter');
  await until(() => !a.page.url().endsWith(made[1].id), 'it goes on to the next');
  r = await a.record('follow_up', made[1].id);
  assert.equal(r.fields.state, 'to_retry');
  assert.equal(r.fields.tries, 1);

  // Not satisfied: without a reason it isn't taken; with one a linked complaint is there.
  await a.go(`call/${made[2].id}`);
  await a.sees('宁远');
  const unhappy = await a.actionsOf(async () => {
    await a.press('1');
    await a.type('修完两天又不热了。');
    await a.press('Tab', '4'); // 不满意
    await a.press('Enter');
    await a.sees('必填');
    await a.type('反复修不好，要求换机', a.page.getByLabel(/不满意原因/).first());
    await a.press('Enter');
    await until(() => !a.page.url().endsWith(made[2].id), 'it goes on to the next');
  });
  t.count('call back a dissatisfied customer', unhappy, 8);
  await a.go(`r/follow_up/${made[2].id}`);
  await a.sees('由此产生的投诉');
  await a.click(a.page.locator('aside').last().getByRole('link').filter({ hasText: /反复修不好|投诉|待判定/ }).first());
  await a.state('待判定');
  await a.sees('反复修不好，要求换机');
  await a.sees('宁远');
}
