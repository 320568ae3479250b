// A list: views, chips, a typed filter, sorting, keys, split view, many at once with undo, export.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { until } from '../lib/desk.mjs';

export const title = 'lists: filters, sort, saved view, keys, split view, bulk with undo, CSV and XLSX';

export async function run(t) {
  const p = await t.as('lead', null);
  const grid = p.page.getByRole('grid');
  const rows = grid.getByRole('row').filter({ has: p.page.getByRole('gridcell') });
  const names = ['甲', '乙', '丙'];
  const ids = [];
  for (const n of names) {
    const r = await p.intake({ type: 'repair', content: `${n}座电梯有异响，请检查。`, then: 'ticket', category: 'repair', priority: n === '乙' ? 'urgent' : 'normal', fields: { title: `${n}座电梯异响` } }, { name: `${n}座物业`, mobile: `1370000000${names.indexOf(n)}` });
    ids.push(r.matters[0].id);
  }
  await t.paint('list', p, 'list/ticket?view=all', '[role=grid] [role=gridcell]');

  // Typed words narrow the list; a chip by choosing; both can be taken off again.
  await p.press('/');
  await p.type('电梯异响');
  await p.press('Enter');
  await until(async () => (await rows.count()) === 3, 'three rows match');
  await p.click('加筛选条件');
  await p.type('优先级');
  await p.press('Enter');
  await p.click(p.page.getByRole('checkbox', { name: '紧急' }));
  await p.press('Enter');
  await until(async () => (await rows.count()) === 1, 'one urgent row');
  await p.sees('乙座电梯异响', { within: grid });
  await p.click(p.button(/清除.*紧急/));
  await until(async () => (await rows.count()) === 3, 'three rows again');
  // A filter in its own words, and one that nobody can read.
  await p.press('/');
  await p.type('priority = urgent and title contains \'电梯\'');
  await p.press('Enter');
  await until(async () => (await rows.count()) === 1, 'the typed filter holds');
  await p.go('list/ticket?view=all');
  await p.press('/');
  await p.type('due < < now');
  await p.press('Enter');
  await p.sees(p.page.getByRole('alert'));

  // Sorted by its head, saved as a view of one's own: a tab.
  await p.go('list/ticket?view=all');
  await p.press('/');
  await p.type('电梯异响');
  await p.press('Enter');
  await until(async () => (await rows.count()) === 3, 'three rows match');
  await p.click(grid.getByRole('columnheader', { name: '编号' }));
  await until(async () => /甲座/.test(await rows.first().innerText()), 'sorted upwards');
  await p.click(grid.getByRole('columnheader', { name: '编号' }));
  await until(async () => /丙座/.test(await rows.first().innerText()), 'sorted downwards');
  await p.menu('更多', '存为视图');
  await p.type('电梯的事');
  await p.press('Enter');
  await p.sees(p.tab('电梯的事'));
  await p.page.reload();
  await p.sees(p.tab('电梯的事'));
  await until(async () => (await rows.count()) === 3, 'the view keeps its filter');

  // A column is dragged to another's place, and stays there.
  const heads = () => grid.getByRole('columnheader').allInnerTexts();
  const [from, to] = (await heads()).map((x) => x.trim()).filter(Boolean).slice(2, 4);
  const head = (name) => grid.getByRole('columnheader').filter({ hasText: name }).last();
  const order = async () => (await heads()).map((x) => x.trim()).filter((x) => x === from || x === to).join();
  assert.equal(await order(), `${from},${to}`);
  await head(from).hover();
  await p.page.mouse.down();
  const place = await head(to).boundingBox();
  await p.page.mouse.move(place.x + place.width / 2, place.y + place.height / 2, { steps: 6 });
  await p.page.mouse.up();
  await until(async () => (await order()) === `${to},${from}`, 'the column has moved');
  await p.page.reload();
  await until(async () => (await order()) === `${to},${from}`, 'the column stays where it was put');

  // Hands on the keys: down, down, open beside, and on.
  await p.page.getByRole('grid').focus();
  await p.press('j', 'j', 'Enter');
  const pane = p.page.getByRole('complementary', { name: '记录' });
  await p.sees('乙座电梯异响', { within: pane });
  await p.press('j');
  await p.sees(p.page.getByRole('heading', { level: 1, name: '甲座电梯异响' }));
  await p.press('k');
  await p.sees(p.page.getByRole('heading', { level: 1, name: '乙座电梯异响' }));
  await p.press('Escape');
  await p.seesNot(pane);

  // Many at once: to a colleague, and back.
  const bulk = await p.actionsOf(async () => {
    await p.click(grid.getByRole('checkbox', { name: /选择已载入/ }));
    await p.sees('已选 3 条');
    await p.click('改派');
    const ask = p.page.getByRole('dialog');
    await p.fill(ask, '交给谁', '张薇');
    await p.fill(ask, '原因', '同一小区一人跟进');
    await p.click(ask.locator('button[type=submit]'));
    await p.sees(/3 条完成/);
  });
  t.count('give three matters to a colleague', bulk, 8);
  assert.equal((await p.record('ticket', ids[0])).fields.owner.label, '张薇');
  await p.click(p.page.getByRole('status').getByRole('button', { name: '撤销' }));
  await p.sees(/已撤销 3 条/);
  assert.equal((await p.record('ticket', ids[0])).fields.owner.label, '王敏');

  // Out to a file, as the columns stand on the screen.
  const file = async (line) => {
    const [d] = await Promise.all([p.page.waitForEvent('download'), p.menu('更多', line)]);
    return { name: d.suggestedFilename(), body: await readFile(await d.path()) };
  };
  const csv = await file(/导出 CSV/);
  assert.match(csv.name, /\.csv$/);
  assert.equal(csv.body.subarray(0, 3).toString('hex'), 'efbbbf', 'Excel needs the mark to read Chinese');
  const text = csv.body.toString();
  assert.equal(text.trim().split(/\r?\n/).length, 4, text);
  assert.match(text, /乙座电梯异响/);
  assert.doesNotMatch(text, /1370000000\d/, 'numbers are masked in exports');
  const xlsx = await file(/导出 XLSX/);
  assert.match(xlsx.name, /\.xlsx$/);
  assert.equal(xlsx.body.subarray(0, 2).toString(), 'PK');
}
