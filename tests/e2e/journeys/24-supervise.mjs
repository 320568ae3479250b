// The lead at the board: what is over, by team and person; two matters go to somebody else at once, and back.
import assert from 'node:assert/strict';
import { until } from '../lib/desk.mjs';

export const title = 'supervisor board: figures, filters, many reassigned and taken back, live, on the big screen';

const ownerOf = async (p, id) => (await p.record('ticket', id)).fields.owner?.label;

export async function run(t) {
  const a = await t.as('agent', null);
  const ids = [];
  for (const what of ['窗户漏风', '水龙头滴水']) {
    const made = await a.intake({ type: 'repair', content: `${what}。`, then: 'ticket', category: 'repair', fields: { title: what }, promise: null }, { name: `住户${what}`, mobile: `1360000990${ids.length}` });
    ids.push(made.matters[0].id);
  }
  const mine = a.me.name;
  const p = await t.as('lead', 'board?within=3d&type=ticket');
  await p.sees(p.page.getByRole('heading', { name: '督办看板' }));
  await p.sees(/已超时/);
  const row = (what) => p.page.getByRole('group', { name: new RegExp(what) });
  await row('窗户漏风').first().waitFor();

  // One person's matters alone.
  await p.page.getByLabel('责任人', { exact: true }).selectOption({ label: mine });
  await p.isAt(/owner=/);
  await row('水龙头滴水').first().waitFor();

  // Both to a colleague: the record's owner changes, one click takes it back.
  await p.click(row('窗户漏风').first().getByRole('checkbox'));
  await p.click(row('水龙头滴水').first().getByRole('checkbox'));
  await p.sees('已选 2 条');
  await p.click(p.button(/^改派/));
  const ask = p.page.getByRole('dialog', { name: '改派 2 条' });
  await p.focused(); // who it goes to is asked at once
  await p.fill(ask, '交给谁', '张薇');
  await p.fill(ask, '原因', '李婷今天外勤');
  await p.click(ask.locator('button[type=submit]'));
  await p.sees('已改派 2 条');
  for (const id of ids) assert.equal(await ownerOf(p, id), '张薇');
  await p.click(p.button('撤销'));
  await p.sees('已撤销 2 条');
  for (const id of ids) assert.equal(await ownerOf(p, id), mine);

  // She is away: all she holds goes to a colleague, what is not due soon too, and comes back in one click.
  await p.click(p.button('全部转交'));
  const cover = p.page.getByRole('dialog', { name: `${mine}不在，全部转交` });
  await p.focused();
  await p.fill(cover, '交给谁', '张薇');
  await p.fill(cover, '原因', '李婷请假');
  await p.click(cover.locator('button[type=submit]'));
  await p.sees(new RegExp(`${mine}的 \\d+ 件已转交`));
  for (const id of ids) assert.equal(await ownerOf(p, id), '张薇');
  await p.click(p.button('撤销'));
  for (const id of ids) await until(async () => (await ownerOf(p, id)) === mine, 'what was handed on did not come back');

  // What happens elsewhere is counted without asking.
  await p.go('board?within=3d&type=ticket');
  const running = p.page.locator('.totals li').nth(2).locator('b');
  await running.waitFor();
  const before = Number(await running.innerText());
  await a.intake({ type: 'repair', content: '门锁卡住。', then: 'ticket', category: 'repair', fields: { title: '门锁卡住' } }, { name: '住户门锁', mobile: '13600009907' });
  await until(async () => Number(await running.innerText()) !== before || (await p.button(/有新变化/).count()) > 0, 'the board did not hear of the new matter');

  // On the big screen there is only to look; Escape leads back.
  await p.click(p.button('大屏'));
  const wall = p.page.getByRole('dialog', { name: '大屏' });
  await p.sees(/督办看板/, { within: wall });
  await p.press('Escape');
  await wall.waitFor({ state: 'hidden' });

  // A row opens its record.
  await p.click(row('门锁卡住').first().getByRole('link'));
  await p.isAt('**/r/ticket/**');
  assert.equal(await p.head(), '门锁卡住');
}
