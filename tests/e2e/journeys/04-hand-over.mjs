// Handing over: the first stays responsible until the other takes it; he sees it on his workbench.
import assert from 'node:assert/strict';

export const title = 'a hand-over: offered, seen live on the workbench, accepted; the first stays responsible until then';

export async function run(t) {
  const a = await t.as('agent', null);
  const b = await t.as('zhangwei', 'workbench');
  await b.sees(b.page.getByRole('heading', { level: 1, name: '工作台' }));
  const made = await a.intake({ type: 'feedback', content: '电子发票一直没收到。', then: 'ticket', category: 'billing', fields: { title: '电子发票没收到' } }, { name: '许文', mobile: '13900002222' });
  const { id } = made.matters[0];

  await a.go(`r/ticket/${id}`);
  const actions = await a.actionsOf(async () => {
    await a.click('移交');
    const ask = a.region('移交');
    await a.choose('张薇', ask.getByRole('combobox').first(), '张薇');
    await a.type('账单类由张薇跟进，客户急用发票报销。', ask.getByRole('textbox').last());
    await a.press('Control+Enter');
    await a.sees(/待 张薇 接收/);
  });
  t.count('hand a matter over', actions, 6);
  let r = await a.record('ticket', id);
  assert.equal(r.fields.owner.label, '李婷', 'the first stays responsible');

  // The colleague didn't reload: the line told her. Under her pointer nothing jumps, so it may be announced first.
  const row = b.page.getByRole('region', { name: /移交|接收/ }).getByText('电子发票没收到');
  const news = b.button(/有新变化/);
  await b.sees(row.or(news), { timeout: 10_000 });
  if (!(await row.isVisible())) await b.click(news);
  await b.sees(row);
  const line = b.page.getByRole('group', { name: /电子发票没收到/ });
  await b.sees(/移交|接收/, { within: line });
  const take = await b.actionsOf(async () => {
    await b.click(line.getByRole('button', { name: '接受移交' }));
    await b.seesNot(line.getByRole('button', { name: '接受移交' }));
  });
  t.count('accept a hand-over on the workbench', take, 2);

  r = await a.record('ticket', id);
  assert.equal(r.fields.owner.label, '张薇');
  assert.equal(r.fields.first_owner.label, '李婷', 'who heard it first is never forgotten');
  // The first sees it without reloading, and the chain tells how it went.
  await a.seesNot(/待 张薇 接收/);
  await a.click(a.page.getByRole('button', { name: /现责任人/ }));
  for (const words of ['首问登记', '移交待接收', '接收']) await a.sees(words, { within: a.page.getByRole('dialog').or(a.page.locator('[data-pop]')).first() });
  await t.paint('workbench', a, 'workbench', 'main [data-row]');
}
