// A call comes in: somebody new, a repair with a time promised and a complaint; then a second caller
// asks for what is being done already.
import assert from 'node:assert/strict';

export const title = 'taking a call: new customer, two matters, a promise; a repeated call';

export async function run(t) {
  const p = await t.as('agent', 'intake');
  await p.sees(p.page.getByRole('combobox', { name: '找客户' }));
  const actions = await p.actionsOf(async () => {
    await p.type('林小云 13912345678');
    await p.sees(p.page.getByRole('option', { name: /新客户/ }));
    await p.press('Enter');
    await p.sees(p.text(/^新客户$/, p.region('谁')));
    await p.press('Alt+t', '3'); // 报修
    await p.type('厨房水槽下面漏水，柜子泡了，请尽快来人。');
    await p.press('Alt+y', '3'); // 明天 10:00
    await p.press('Alt+n');
    await p.type('上次来的师傅态度很差，进门不穿鞋套，说他还顶嘴。');
    await p.press('F8');
    await p.type('工程部上门师傅');
    await p.press('Tab');
    await p.type('道歉并换一位师傅');
    await p.choose('态度', p.page.getByRole('combobox', { name: '投诉分类' }), '服务态度');
    await p.press('Control+Enter');
    await p.sees(p.page.getByRole('heading', { name: '已登记' }));
  });
  t.count('take a call, two matters, one a complaint', actions, 12);

  const done = p.region('已登记').or(p.page.getByRole('status', { name: '已登记' }));
  const ticketNo = await done.getByRole('link', { name: /^GD/ }).innerText();
  const complaintNo = await done.getByRole('link', { name: /^TS/ }).innerText();
  const words = await done.innerText();
  assert.match(ticketNo, /^GD\d{8}-\d{4,}$/);
  assert.ok(words.includes('读给客户听'), 'what to read out stands there');
  const readOut = /读给客户听\s+(.+)/.exec(words)[1];
  for (const no of [ticketNo, complaintNo]) assert.ok(readOut.includes(no), `${no} is read out: ${readOut}`);

  // Behind the page: one contact with two matters, a promise, a customer, clocks.
  const [ticket] = await p.rows('ticket', `number = '${ticketNo}'`, 'number,customer,contact_phone,description,due,owner');
  assert.equal(ticket.fields.customer.label, '林小云');
  assert.equal(ticket.fields.owner.label, '李婷');
  assert.ok(ticket.fields.due, 'a limit runs');
  const [contact] = await p.rows('contact', 'agent = @me', 'number,matters,customer');
  assert.equal(contact.fields.matters.length, 2);
  assert.equal(contact.fields.customer.label, '林小云');
  const promises = await p.rows('promise', 'owner = @me', 'due,customer,kind,state');
  assert.ok(promises.some((x) => x.fields.customer?.label === '林小云'), 'the promise is kept as a promise');

  // Next caller: the form is empty, the hands are on the first field.
  await p.press('Enter');
  await p.sees(p.page.getByRole('combobox', { name: '找客户' }));

  // He calls again: found by the tail of his phone, his open matter on top, chased by one key.
  const find = await p.actionsOf(async () => {
    await p.type('5678');
    await p.sees(p.page.getByRole('option', { name: /林小云/ }));
    await p.press('Enter');
    await p.sees(p.text(/水槽|厨房/));
  });
  t.count('find a matter by a phone tail', find, 2);
  const chase = await p.actionsOf(async () => {
    const at = p.page.getByRole('listitem').filter({ hasText: ticketNo });
    await p.sees(at);
    await p.sees(at.getByText('告知客户'));
    if (!(await at.getByText('Alt C').isVisible())) await p.press('Alt+ArrowDown');
    await p.press('Alt+c');
    await p.sees(/客户催办/);
    await p.press('Control+Enter');
    await p.sees(p.page.getByRole('heading', { name: '已登记' }));
  });
  t.count('log a repeated call as 催办', chase, 4);
  const [again] = await p.rows('ticket', `number = '${ticketNo}'`, 'chased');
  assert.equal(again.fields.chased, 1);

  // What was typed outlives a reload.
  await p.press('Enter');
  await p.type('陈一一 13811112222');
  await p.sees(p.page.getByRole('option', { name: /新客户/ }));
  await p.press('Enter');
  await p.sees(p.text(/^新客户$/, p.region('谁')));
  await p.press('F4');
  await p.type('询问净水器滤芯价格，话没说完');
  await p.page.reload();
  await p.sees(/已恢复没有保存的登记/);
  assert.match(await p.page.getByRole('textbox', { name: '内容' }).inputValue(), /滤芯价格/);

  await p.click('清空重来');
  await t.paint('intake', p, 'intake', 'input[role=combobox]');
}
