// Two records of one customer: seen on his page, looked at before, merged, taken back.
import assert from 'node:assert/strict';
import { axeLines, settled, tooWide } from '../lib/look.mjs';

export const title = 'customers likely the same: preview, merge, undo';

export async function run(t) {
  const a = await t.as('agent', null);
  const matter = (title) => ({ type: 'repair', content: title, then: 'ticket', category: 'repair', fields: { title } });
  const one = await a.intake(matter('热水器漏水'), { customer: { fields: { name: '尤佳', mobile: '13700001234', remark: '喜欢上午来电' } } });
  const two = await a.intake(matter('热水器不点火'), { customer: { fields: { name: '尤小姐', mobile: '13700001234', address: '锦绣路 8 号' } } });
  assert.notEqual(one.customer.id, two.customer.id);

  const p = await t.as('lead', `r/customer/${one.customer.id}`);
  const same = p.region('可能重复');
  await p.sees('尤小姐', { within: same });
  await p.sees(/手机.*相同|相同/, { within: same });
  const taken = await p.actionsOf(async () => {
    await p.click(p.button(/^并入本客户/, same));
    await p.sees('转到本客户名下', { within: same });
    await p.sees(/工单 1 条/, { within: same });
    await p.sees(/锦绣路 8 号/, { within: same });
    await p.click(p.button('合并', same));
    await p.sees(/已合并/);
  });
  t.count('merge two records of a customer', taken, 3);
  await p.sees('热水器不点火');
  assert.equal((await p.record('ticket', two.matters[0].id)).fields.customer.id, one.customer.id);
  assert.equal((await p.record('customer', one.customer.id)).fields.address, '锦绣路 8 号');

  // The other one says where he went, and a word takes it all back.
  const q = await t.as('lead', `r/customer/${two.customer.id}`);
  await q.sees(/已并入/);
  await q.sees(q.link('尤佳'));
  await p.click(p.button('撤回'));
  await p.sees(/合并已撤回/);
  assert.equal((await p.record('ticket', two.matters[0].id)).fields.customer.id, two.customer.id);
  await p.sees('尤小姐', { within: same });

  // Who may not merge sees it all the same.
  const b = await t.as('agent', `r/customer/${one.customer.id}`);
  await b.sees('尤小姐', { within: b.region('可能重复') });
  await b.seesNot(b.button(/^并入本客户/));

  await p.click(p.button(/^并入本客户/, same));
  await p.sees('转到本客户名下', { within: same });
  for (const [width, height] of [[1440, 900], [390, 844]]) {
    await p.page.setViewportSize({ width, height });
    await settled(p);
    assert.deepEqual([...(await axeLines(p.page)), ...(await tooWide(p.page))], []);
  }
}
