// The lead at the board of the queues: what comes in stands there at once, whom it rings at, who is free; what
// waits is given to somebody and taken back; who has which skill.
import assert from 'node:assert/strict';
import { axeLines, settled, tooWide } from '../lib/look.mjs';
import { until } from '../lib/desk.mjs';

export const title = 'queue board: live waits and ringing, assigned from there and undone, skills; on a phone; not for everybody';

export async function run(t) {
  const a = await t.as('agent', 'list/ticket');
  const z = await t.as('lead', null);
  // Nobody is free: what comes only waits.
  await a.api('PUT', 'session/presence', { presence: 'meeting' });
  await z.api('PUT', 'session/presence', { presence: 'meeting' });
  const p = await t.as('lead', 'queues');
  await z.api('PUT', 'session/presence', { presence: 'meeting' });
  await p.sees(p.page.getByRole('tab', { name: /热线工单/ }));
  await p.click(p.page.getByRole('tab', { name: /热线工单/ }));
  const rows = p.region('在等的事项');
  await p.sees(/件在等，但没有人有空/);

  // A matter that loses its owner stands there without anybody asking for it.
  const made = await a.intake({ type: 'repair', content: '电梯异响。', then: 'ticket', category: 'repair', fields: { title: '电梯异响' }, promise: null }, { name: '住户看板', mobile: '13600007171' });
  const id = made.matters[0].id;
  await z.do('ticket', id, 'release', { reason: '李婷在开会' });
  const row = rows.getByRole('group', { name: '电梯异响' });
  await row.waitFor({ timeout: 10_000 });
  await p.sees(/报修\s*1/, { within: row });
  await p.sees(/^0:\d\d$/, { within: row });
  // Waits count on by themselves.
  const wait = row.locator('time');
  const first = await wait.innerText();
  await until(async () => (await wait.innerText()) !== first, 'the wait stands still');

  // She is back at her desk: it rings at her, and the board says so.
  await a.api('PUT', 'session/presence', { presence: 'idle' });
  await p.sees(/响给李婷/, { within: row, timeout: 20_000 });
  await p.sees(/还剩 \d+ 秒/, { within: row });
  await p.sees(/正在响：电梯异响/, { within: p.region('人员') });
  await a.click(a.button('接下', a.region('派单响铃')));
  await row.waitFor({ state: 'detached', timeout: 20_000 });
  await a.api('PUT', 'session/presence', { presence: 'meeting' });

  // Given to somebody from here, with the reason; one click takes it back.
  const other = rows.getByRole('group', { name: '酒店空调月度巡检' });
  const took = await p.actionsOf(async () => {
    await p.click(other.getByRole('checkbox'));
    await p.click(p.button('派给王敏'));
    const ask = p.page.getByRole('dialog');
    await p.type('请先看这台', p.field('原因', ask));
    await p.click(ask.locator('button[type=submit]'));
  });
  t.count('assign from the queue board', took, 4);
  await p.sees('已指派 1 件');
  await other.waitFor({ state: 'detached' });
  await p.sees('没有人在等');
  await p.click(p.button('撤销'));
  await other.waitFor();

  // Opened by Enter.
  await other.focus();
  await p.press('Enter');
  await p.isAt(/r\/ticket\/\d+/);

  // Who can do what; the lead reads, the administrator sets.
  await p.go('queues/skills');
  await p.sees(p.page.getByRole('columnheader', { name: /报修/ }));
  assert.equal(await p.page.getByRole('combobox', { name: /的报修$/ }).count(), 0);
  const k = await t.as('admin', 'queues/skills');
  await k.page.getByRole('combobox', { name: '李婷的报修' }).selectOption('5');
  await k.sees('李婷：报修 5 级');
  const user = async () => (await k.rows('user', "login = 'agent'", 'abilities'))[0].fields.abilities.find((x) => x.skill.label === '报修').level;
  assert.equal(await user(), 5);
  await k.click(k.button('撤销'));
  await until(async () => (await user()) === 3, 'the level did not come back');

  // On a phone, and for who may not.
  const phone = await t.as('lead', 'queues', { width: 390, height: 844, hasTouch: true });
  await phone.sees(phone.page.getByRole('tab', { name: /热线工单/ }));
  await settled(phone);
  assert.deepEqual([...(await axeLines(phone.page)), ...(await tooWide(phone.page))], []);
  const w = await t.as('worker', 'queues');
  await w.sees('您没有看排队看板的权限');
  assert.equal(await w.link('排队').count(), 0);
}
