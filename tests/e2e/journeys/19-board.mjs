// A list as a board: by pointer, by key, on a phone; what is not possible says why.
import assert from 'node:assert/strict';
import { axeLines, settled, tooWide } from '../lib/look.mjs';

export const title = 'a board of states: dragged, by key, refused with the reason, on a phone';

export async function run(t) {
  const p = await t.as('agent', null);
  const made = [];
  for (const name of ['油烟机噪声大', '冰箱门关不严', '洗碗机漏水'])
    made.push((await p.intake({ type: 'repair', content: `${name}，请尽快看。`, then: 'ticket', category: 'repair', fields: { title: name } }, { name: '桑榆', mobile: '13900004455' })).matters[0].id);
  const column = (name) => p.page.locator('.board').getByRole('region', { name, exact: true });
  const card = (name, within = p.page) => within.getByRole('group', { name });

  // The switch is kept in the address.
  await p.go('list/ticket');
  await p.click(p.button('看板'));
  await p.isAt(/look=board/);
  await p.page.reload();
  await p.sees(card('油烟机噪声大', column('待受理')));

  // Dropped where one step leads that asks nothing: done.
  await card('油烟机噪声大').dragTo(column('处理中'));
  await p.sees(card('油烟机噪声大', column('处理中')));
  await p.sees('受理：油烟机噪声大'); // the card goes at once; that it is done is said when the server has said so
  assert.equal((await p.record('ticket', made[0])).fields.state, 'working');

  // One that asks: right there in the column, and the card moves when it is answered.
  await card('油烟机噪声大').dragTo(column('待确认'));
  const ask = p.region('处理完毕');
  await ask.waitFor();
  assert.ok(await card('油烟机噪声大', column('处理中')).count(), 'it stays until it is done');
  await p.type('清洗风轮，噪声正常。');
  await p.press('Control+Enter');
  await p.sees(card('油烟机噪声大', column('待确认')));
  await p.sees('处理完毕：油烟机噪声大');
  assert.equal((await p.record('ticket', made[0])).fields.solution, '清洗风轮，噪声正常。');

  // Where none leads the column says so, while it is dragged.
  const from = await card('冰箱门关不严').boundingBox();
  const to = await column('待确认').boundingBox();
  await p.page.mouse.move(from.x + 20, from.y + 12);
  await p.page.mouse.down();
  await p.page.mouse.move(from.x + 60, from.y + 30, { steps: 4 });
  await p.page.mouse.move(to.x + 40, to.y + 120, { steps: 6 });
  await p.sees(/没有直接的步骤/, { within: column('待确认') });
  await p.page.mouse.up();
  assert.ok(await card('冰箱门关不严', column('待受理')).count());

  // The same by keys alone: to the card, M, the column.
  await card('冰箱门关不严').focus();
  const keys = await p.actionsOf(async () => {
    await p.press('m');
    await p.page.getByRole('menuitem', { name: /^处理中/ }).and(p.page.locator(':not([aria-disabled])')).waitFor();
    await p.press('Enter');
    await p.sees(card('冰箱门关不严', column('处理中')));
  });
  t.count('move a card on the board by keys', keys, 3);
  await p.page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === '冰箱门关不严');

  // A colleague's step moves the card too.
  const z = await t.as('lead', null);
  await z.do('ticket', made[2], 'accept');
  await p.sees(card('洗碗机漏水', column('处理中')));

  await settled(p);
  assert.deepEqual([...(await axeLines(p.page)), ...(await tooWide(p.page))], []);

  // On a phone: a column at a time, cards moved by their menu.
  const phone = await t.as('agent', 'list/ticket?look=board', { width: 390, height: 844, hasTouch: true });
  await phone.click(phone.tab(/^处理中/));
  await phone.click(phone.button(/^移到/, phone.page.getByRole('group', { name: '洗碗机漏水' })));
  await phone.click(phone.page.getByRole('menuitem', { name: /^待确认/ }).and(phone.page.locator(':not([aria-disabled])')));
  await phone.region('处理完毕').waitFor();
  await phone.type('换了门封。');
  await phone.click(phone.region('处理完毕').getByRole('button', { name: '处理完毕' }));
  await phone.sees(phone.page.getByRole('group', { name: '洗碗机漏水' }));
  await phone.sees('处理完毕：洗碗机漏水');
  assert.equal((await phone.record('ticket', made[2])).fields.state, 'to_confirm');
  assert.deepEqual([...(await axeLines(phone.page)), ...(await tooWide(phone.page))], []);
}
