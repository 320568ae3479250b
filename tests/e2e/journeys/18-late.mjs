// What arrives late takes nothing from a person who has gone on: not the focus, not the words, not the page.
import assert from 'node:assert/strict';

export const title = 'late answers: focus, words and page stay with who has gone on';

const find = (p) => p.page.getByRole('combobox', { name: /^搜索/ });
const typing = (p, text) => p.page.waitForFunction((x) => document.activeElement?.value === x, text);

export async function run(t) {
  const p = await t.as('agent', null);
  const made = await p.intake({ type: 'repair', content: '热水器点不着火。', then: 'ticket', category: 'repair', fields: { title: '热水器点不着火' } }, { name: '阮晴', mobile: '13600007701' });
  const { id } = made.matters[0];

  // The workbench comes while he searches already.
  let late = await p.hold('**/api/v1/work');
  await p.go('workbench');
  await p.press('Control+k');
  await p.type('阮晴');
  await late.go();
  await p.page.locator('[data-row]').first().waitFor();
  await typing(p, '阮晴');
  await p.press('Escape', 'Escape');

  // A step that takes its time: done, and he is left where he is.
  late = await p.hold(`**/records/ticket/${id}/do/accept`);
  const row = p.page.getByRole('group', { name: /热水器点不着火/ }).first();
  await p.click(row.getByRole('button', { name: '受理' }));
  await p.press('Control+k');
  await p.type('另一位');
  await late.go();
  await p.sees(/受理.*热水器点不着火/);
  await typing(p, '另一位');
  await p.press('Escape', 'Escape');

  // Enter before the answer is there means what was typed now.
  await p.press('Control+k');
  await p.type('不相干的字');
  await p.sees(/没有找到/);
  late = await p.hold('**/api/v1/search*');
  await p.press('Control+a');
  await p.type('热水器点不着火');
  await p.press('Enter');
  await late.go();
  await p.isAt(new RegExp(`/r/ticket/${id}$`));

  // A note is on its way; he fills in a step meanwhile.
  await p.click(p.page.getByText('内部备注', { exact: true }));
  await p.type('已约下午。');
  late = await p.hold(`**/records/ticket/${id}/comments`);
  await p.press('Control+Enter');
  await p.click(p.button('处理完毕', p.page.locator('.actions')));
  await p.type('换了点火针');
  await late.go();
  await p.sees('已约下午', { within: p.page.getByRole('log') });
  await typing(p, '换了点火针');

  // Nor does a colleague's change close what is open, or a reload of all that was missed.
  const z = await t.as('lead', null);
  await z.api('POST', `records/ticket/${id}/comments`, { text: '班长看过。', internal: true, files: [] });
  await p.sees('班长看过', { within: p.page.getByRole('log') });
  await typing(p, '换了点火针');

  // The next call is loaded while he looks something up.
  await p.do('ticket', id, 'solve', { solution: '换了点火针。' });
  await p.do('ticket', id, 'confirm', { customer_informed: new Date(Date.now() - 60_000).toISOString(), reply_form: 'phone' });
  const [visit] = await z.rows('follow_up', `record = ${id}`, 'number');
  late = await p.hold(`**/records/follow_up/${visit.id}`);
  await p.go(`call/${visit.id}`);
  await p.press('Control+k');
  await p.type('物业');
  await late.go();
  await p.page.locator('.call h1').waitFor({ state: 'attached' });
  await typing(p, '物业');
  await p.press('Escape', 'Escape');

  // A form whose presets come late keeps what was typed; who left it isn't called back.
  late = await p.hold(`**/records/customer/${made.customer.id}`);
  await p.go(`new/contact?customer=${made.customer.id}`);
  const caller = p.field(/^\s*来电人/);
  await p.type('阮晴的丈夫', caller);
  await late.go();
  await p.page.waitForFunction((name) => [...document.querySelectorAll('main input')].some((x) => x.value === name || x.placeholder === name), '阮晴');
  assert.equal(await caller.inputValue(), '阮晴的丈夫');
  late = await p.hold('**/api/v1/records/contact');
  await p.press('Control+Enter');
  await p.hop('workbench');
  await late.go();
  await p.page.getByRole('heading', { name: '工作台' }).waitFor();
  assert.match(p.page.url(), /workbench/);
}
