// One box for everything: two characters, a phone's tail, a number, a command.
import assert from 'node:assert/strict';

export const title = 'search: two characters, phone tail, number; commands; access holds inside';

export async function run(t) {
  const p = await t.as('agent', 'workbench');
  const made = await p.intake({ type: 'repair', content: '新风机滤网报警灯一直闪烁，噪声也大。', then: 'ticket', category: 'repair', fields: { title: '新风机报警灯闪烁' } }, { name: '欧阳岚', mobile: '13612340987' });
  const { id, number } = made.matters[0];
  const hit = p.page.getByRole('option');
  const find = async (text, what) => {
    await p.press('Control+k');
    await p.type(text);
    await p.sees(hit.filter({ hasText: what }));
  };

  const tail = await p.actionsOf(async () => {
    await find('0987', '欧阳岚');
    await p.press('Enter');
    await p.isAt('**/r/**');
  });
  t.count('open what a phone tail belongs to', tail, 2);
  await p.go('workbench');
  await find('闪烁', '新风机报警灯闪烁');
  await p.sees(hit.locator('mark').filter({ hasText: '闪烁' }).or(hit.filter({ hasText: '闪烁' })));
  await p.press('Enter');
  await p.isAt(`**/r/ticket/${id}`);
  await p.go('workbench');
  await find(number, '新风机报警灯闪烁');
  await p.press('Enter');
  await p.isAt(`**/r/ticket/${id}`);

  // All of it on a page, highlighted; the page can be linked to.
  await p.go(`search?q=${encodeURIComponent('新风机')}`);
  await p.sees('新风机报警灯闪烁');
  await p.sees(p.page.locator('main mark').filter({ hasText: '新风机' }));
  await t.paint('search', p, `search?q=${encodeURIComponent('新风机')}`, 'main mark');

  // Nothing found says what else may help; Escape gives the page back.
  await p.press('Control+k');
  await p.type('绝无此事甲乙丙');
  await p.sees(/没有找到/);
  await p.press('Escape', 'Escape');

  // The same box does what one can do.
  const go = await p.actionsOf(async () => {
    await p.press('Control+k');
    await p.type('投诉');
    await p.sees(hit.filter({ hasText: '前往 投诉' }));
    await p.click(hit.filter({ hasText: '前往 投诉' }));
    await p.isAt('**/list/complaint');
  });
  t.count('go to a place by a command', go, 3);

  // Who may not read it does not find it, nor by the words inside.
  const w = await t.as('worker', 'tasks');
  await w.press('Control+k');
  await w.type('新风机');
  await w.sees(/没有找到/);
  assert.equal(await w.page.getByRole('option').filter({ hasText: '新风机' }).count(), 0);
}
