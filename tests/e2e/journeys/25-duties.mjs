// The duty calendar: a month, a year ahead, one's day on a phone; an administrator skips a period with a reason.
export const title = 'duty calendar: month, year ahead, days on a phone, a period skipped with a reason';

export async function run(t) {
  const p = await t.as('lead', 'duties');
  await p.sees(p.page.getByRole('heading', { name: '例行日历' }));
  await p.click(p.button('下个月'));
  const sheet = p.page.getByRole('grid');
  await p.sees('早会', { within: sheet });
  await p.sees('休', { within: sheet });

  // A year ahead: what does not come every day stands there by name.
  await p.click(p.page.getByRole('radio', { name: '年' }));
  await p.click(p.button('下一年'));
  await p.sees('1月');
  await p.click(p.page.getByRole('button', { name: /月度/ }).first());
  const detail = p.page.getByRole('dialog');
  await p.sees(/自动生成任务/, { within: detail });
  await p.press('Escape');

  // The administrator skips one; it stands there as skipped.
  const a = await t.as('admin', 'duties');
  await a.click(a.button('下个月'));
  await a.click(a.page.getByRole('grid').getByRole('button', { name: /早会/ }).first());
  const d = a.page.getByRole('dialog', { name: '早会' });
  await a.click(d.getByRole('button', { name: /本期跳过/ }));
  await a.type('全员外出培训', d.getByLabel('原因'));
  await a.click(d.getByRole('button', { name: '本期跳过', exact: true }));
  await a.sees('已跳过');
  await a.sees(a.page.getByRole('complementary').getByRole('button', { name: /早会.*本期跳过/ }));

  // On a phone a list of days.
  const m = await t.as('lead', 'duties', { width: 390, height: 844 });
  await m.click(m.button('下个月'));
  await m.sees('早会', { within: m.page.getByRole('list', { name: '按天' }) });
}
