// A year of public holidays comes in from the published file: looked at first, then taken, then the same again; a
// wrong file is refused in words, and what was there stays.
import assert from 'node:assert/strict';
import { until } from '../lib/desk.mjs';

export const title = 'holidays taken in from a file: looked at first, then in force; the same again changes nothing; a wrong file is refused';

const file = (name, body) => ({ name, mimeType: 'application/json', buffer: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) });
const year = {
  year: 2031,
  days: [
    { name: '元旦', date: '2031-01-01', isOffDay: true },
    { name: '元旦', date: '2031-01-02', isOffDay: true },
    { name: '元旦', date: '2031-01-05', isOffDay: false },
  ],
};

export async function run(t) {
  const p = await t.as('admin', 'settings/calendars');
  await p.click(p.tab('节假日'));
  await p.click(p.button(/^中国法定节假日/));
  const box = p.region('导入节假日');
  const choose = box.locator('input[type=file]');
  const days = async () => (await p.api('GET', 'declared/holidays')).list.find((h) => h.name === 'cn').json.days.filter((d) => d.date.startsWith('2031'));

  p.allow(400, 422);
  await choose.setInputFiles(file('2031.json', '{"year": 2031, "days": [{'));
  await p.sees(box.getByRole('alert'));
  assert.match(await box.getByRole('alert').innerText(), /[\u4e00-\u9fff]/, 'said in words');
  assert.equal((await days()).length, 0);

  await choose.setInputFiles(file('2031.json', year));
  await p.sees('读到 3 天：新增 3，变动 0', { within: box });
  await p.sees(/2031-01-05.*元旦.*调休上班/, { within: box });
  assert.equal((await days()).length, 0, 'looking takes nothing in');
  await p.sees(p.page.getByRole('heading', { name: '2031 年' }));
  await p.click(p.button('确定导入', box));
  await p.sees('已导入');
  await until(async () => (await days()).length === 3, 'the days were not taken in');
  assert.deepEqual((await days()).map((d) => [d.date, d.off, d.name]), [['2031-01-01', true, '元旦'], ['2031-01-02', true, '元旦'], ['2031-01-05', false, '元旦']]);

  await choose.setInputFiles(file('2031.json', year));
  await p.sees('读到 3 天：新增 0，变动 0', { within: box });
  assert.ok(await p.button('和现有的一样', box).isDisabled());

  // The calendar that keeps them shows the make-up day as worked.
  await p.click(p.tab('日历').last());
  await p.click(p.button(/^正常班/));
  for (let y = new Date().getFullYear(); y < 2031; y++) await p.click(p.button('下一年'));
  await p.sees(p.page.getByRole('heading', { name: '2031 年' }));
  await p.sees(p.page.getByRole('button', { name: /2031-01-05.*调休上班/ }));
}
