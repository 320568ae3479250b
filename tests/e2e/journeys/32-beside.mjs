// A complaint's page: the eight steps with their times, what helps beside form and page, what is alike, the theme.
import assert from 'node:assert/strict';

export const title = 'complaint page: eight steps with times, playbook and taboos beside, like complaints and their theme; intake too';

export async function run(t) {
  const p = await t.as('lead', null);
  const [r] = await p.rows('complaint', 'theme is not empty and stage in (open, done)', 'number,theme,person_type');
  await p.go(`r/complaint/${r.id}`);

  const steps = p.page.getByRole('list', { name: '办理进度' }).getByRole('listitem');
  await steps.first().waitFor();
  assert.equal(await steps.count(), 8, 'eight steps');
  assert.match(await steps.nth(0).innerText(), /记录/);
  assert.match(await steps.nth(1).getAttribute('title'), /已完成 · .+ 至 /);
  await p.sees('通知客户', { within: p.page.locator('[aria-current=step]') });

  const help = p.region('办理参考');
  await p.sees('这类客户怎么应对', { within: help });
  await p.sees('理智型', { within: help });
  await p.click(p.button('三忌', help));
  assert.ok((await help.locator('.aside').filter({ hasText: '三忌' }).locator('li').count()) >= 3);

  // What is alike says why; the theme leads on.
  const like = p.region('相似的');
  await p.sees(/投诉对象相同/, { within: like });
  await p.sees(/都提到/, { within: like });
  const theme = like.getByRole('link', { name: r.fields.theme.label }).first();
  await p.click(theme);
  await p.isAt('**/r/theme/**');
  await p.sees('归集的投诉');

  // Before it is written down: what was learned, and what not to say.
  const a = await t.as('agent', 'intake');
  await a.press('F8');
  await a.sees('八个错误', { within: a.region('办理参考') });
  await a.click(a.button('三忌', a.region('办理参考')));
  await a.sees('三换', { within: a.region('办理参考') });

  // At a phone's width where it stands now is in sight, and the help one tab away.
  const m = await t.as('lead', `r/complaint/${r.id}`, { width: 390, height: 844 });
  await m.sees('通知客户', { within: m.page.locator('[aria-current=step]') });
  const box = await m.page.locator('[aria-current=step]').boundingBox();
  assert.ok(box.x >= 0 && box.x + 60 < 390, `the present step is in sight: ${box.x}`);
  await m.click(m.tab('客户'));
  await m.sees('三忌', { within: m.region('办理参考') });
}
