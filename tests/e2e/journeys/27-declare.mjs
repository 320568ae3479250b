// An administrator makes a rule by clicking, tries it over last month, puts it in force and takes it back; changes
// working hours, sees first what that moves, and takes it back too.
import assert from 'node:assert/strict';
import { until } from '../lib/desk.mjs';

export const title = 'settings of time: a rule built, tried, saved, undone; working hours changed with their effect shown';

export async function run(t) {
  const p = await t.as('admin', 'settings/rules');
  await p.click(p.button('新建'));
  const ask = p.page.getByRole('dialog', { name: '新建' });
  await p.type('紧急工单告知班长', ask.getByLabel('名称（中文）'));
  // Nobody has to think of a name for the machine; it stands under “more”.
  await p.click(ask.getByText('更多'));
  const name = await ask.getByLabel(/^英文名/).getAttribute('placeholder');
  assert.match(name, /^rule_\d+$/);
  await ask.getByLabel('用于').selectOption({ label: '工单' });
  await p.click(ask.locator('button[type=submit]'));

  // The condition by clicking; its text follows.
  const when = p.region('条件');
  await p.click(when.getByRole('button', { name: '加条件' }));
  await p.choose('优先级', when.getByRole('combobox', { name: '字段' }));
  await p.choose('紧急', when.getByRole('combobox', { name: '值' }));
  await p.press('Escape');
  const text = when.getByRole('textbox', { name: '筛选式' });
  await until(async () => (await text.inputValue()) === 'priority = urgent', 'the text did not follow the builder');
  // And the other way round: typed text becomes conditions.
  await text.fill("priority = urgent and title contains '漏'");
  await p.sees(when.getByRole('group', { name: '标题' }));
  await p.sees(/意思是：.*标题 包含 漏/, { within: when });
  await text.fill('priority = nowhere');
  await p.sees(/没看懂/, { within: when });
  await text.fill('priority = urgent');

  await p.click(p.button('加一件'));
  const act = p.page.getByRole('group', { name: /^1\. 通知/ });
  await p.choose('班长', act.getByRole('combobox', { name: '谁' }));
  await p.type('紧急工单，请留意', act.getByLabel('内容'));

  // A field is set by the editor of its kind: a time from now on, a text as a text.
  await p.click(p.button('加一件'));
  const set = p.page.getByRole('group', { name: /^2\. / });
  await set.getByRole('combobox', { name: '做什么' }).selectOption({ label: '填写字段' });
  await p.click(set.getByRole('button', { name: '再填一个' }));
  await p.type('期限', set.getByRole('combobox', { name: '字段', exact: true }));
  await p.click(p.page.getByRole('option', { name: '期限', exact: true }));
  const due = set.getByRole('group', { name: '期限', exact: true });
  await due.getByRole('textbox', { name: /加减/ }).fill('+2h');
  await p.press('Tab');
  await p.click(set.getByRole('button', { name: '再填一个' }));
  await p.choose('细分', set.getByRole('combobox', { name: '字段', exact: true }).last());
  await p.type('急件', set.getByRole('group', { name: '细分', exact: true }).getByRole('textbox', { name: '细分', exact: true }));

  // Tried over last month, before anything is in force.
  await p.click(p.button('试跑'));
  await p.sees(/这段时间(会触发 \d+ 次|一次也不会触发)/);
  await p.sees('检查通过');
  await p.click(p.button('保存'));
  await p.sees(/已保存紧急工单告知班长/);

  // It does what it says.
  const a = await t.as('agent', null);
  const made = await a.intake({ type: 'repair', content: '厨房漏水。', then: 'ticket', category: 'repair', priority: 'urgent', fields: { title: '厨房漏水' } }, { name: '急客', mobile: '13600001188' });
  const { id } = made.matters[0];
  const made_at = Date.now();
  const lead = await t.as('lead', null);
  await until(async () => (await lead.api('GET', 'notices')).notices.some((n) => n.record === id && /紧急工单，请留意/.test(n.text.zh)), 'the lead was not told');
  await a.go(`r/ticket/${id}`);
  await a.sees(/紧急工单告知班长/, { within: a.page.getByRole('log') });

  const { fields } = await a.record('ticket', id);
  assert.ok(Math.abs(Date.parse(fields.due) - made_at - 7200_000) < 60_000, `due ${fields.due}`);
  assert.equal(fields.category_detail, '急件');

  // One click takes it back.
  await p.click(p.button('撤销'));
  await p.sees('已恢复为修改前');
  assert.ok(!(await p.api('GET', 'declared/rules')).list.some((r) => r.name === name));

  // Working hours: what the change would move stands there before it is saved.
  await p.go('settings/calendars');
  await p.click(p.button(/^正常班/));
  const hours = p.region('工作时间');
  await hours.getByLabel('到', { exact: true }).last().fill('17:00');
  await p.sees(/对正在走的时限的影响/);
  await p.sees('检查通过');
  await p.click(p.button(/^看改动/));
  await p.sees(/17:00/, { within: p.region('diff') });
  await p.type('冬令时', p.page.getByLabel(/^为什么改/));
  await p.click(p.button('保存'));
  await p.sees(/已保存正常班/);
  const to = async () => (await p.api('GET', 'declared/calendars')).list.find((c) => c.name === 'office').json.hours.at(-1).to;
  assert.equal(await to(), '17:00');
  await p.click(p.button('撤销'));
  await p.sees('已恢复为修改前');
  assert.equal(await to(), '18:00');

  // Every text the file has had is there, with who and why.
  await p.click(p.tab('历史'));
  await p.sees('冬令时');
  await p.sees('现行');
}
