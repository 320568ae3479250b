// A masked number is shown for a reason, and that stands in the timeline.
import assert from 'node:assert/strict';

export const title = 'a masked phone is shown with a reason; the look is logged';

export async function run(t) {
  const a = await t.as('agent', null);
  const made = await a.intake({ type: 'inquiry', content: '咨询安装费。', then: 'solved', answer: '免费。' }, { name: '贝克兰', mobile: '13755557777' });
  const p = await t.as('zhangwei', `r/customer/${made.customer.id}`);
  await p.sees(/137\*+7777/);
  assert.equal(await p.page.getByText('13755557777').count(), 0);
  const show = await p.actionsOf(async () => {
    await p.click(p.button(/^显示/));
    await p.sees(/为什么要看/);
    await p.press('Enter'); // without a reason: nothing
    assert.equal(await p.page.getByText('13755557777').count(), 0);
    await p.type('回电告知安装时间');
    await p.press('Enter');
    await p.sees('13755557777');
  });
  t.count('see a masked number', show, 3);
  const events = await p.api('GET', `records/customer/${made.customer.id}/timeline?limit=20`);
  const look = events.events.find((e) => e.kind === 'revealed');
  assert.equal(look?.actor.label, '张薇');
  assert.equal(look?.reason, '回电告知安装时间');

  // Where the record is kept, it is read there too; a reload masks it again.
  const l = await t.as('lead', `r/customer/${made.customer.id}`);
  await l.click(l.page.getByRole('tab', { name: /资料变动|全部|Changes/ }).first());
  await l.sees(/查看了完整号码/);
  await p.page.reload();
  await p.sees(/137\*+7777/);
  assert.equal(await p.page.getByText('13755557777').count(), 0);
}
