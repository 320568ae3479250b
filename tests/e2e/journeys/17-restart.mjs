// The server goes away in the middle of work and comes back: nothing typed is lost, live goes on.
import assert from 'node:assert/strict';
import { until } from '../lib/desk.mjs';

export const title = 'the server is restarted: live reconnects, nothing typed is lost';

export async function run(t) {
  const a = await t.as('agent', null);
  const made = await a.intake({ type: 'repair', content: '厨房燃气灶打火慢。', then: 'ticket', category: 'repair', fields: { title: '燃气灶打火慢' } }, { name: '方圆', mobile: '13622220000' });
  const { id } = made.matters[0];
  await a.go(`r/ticket/${id}`);
  const i = await t.as('lead', 'intake');
  await i.type('白鹭 13822223333');
  await i.sees(i.page.getByRole('option', { name: /新客户/ }));
  await i.press('Enter');
  await i.sees(i.text(/^新客户$/, i.region('谁')));
  await i.press('Alt+t', '1');
  await i.type('问保修年限，正在查。');

  for (const d of [a, i]) {
    d.offline = true;
    d.allow(502, 503, 504);
  }
  await t.server.halt('SIGKILL'); // as when the power fails
  const box = a.page.getByRole('textbox', { name: '内部备注' });
  await a.type('服务器没了，这句话也不能丢。', box);
  await a.press('Control+Enter');
  await a.sees(/实时连接已断开|连不上/, { timeout: 15_000 });
  await until(async () => (await box.inputValue()) === '服务器没了，这句话也不能丢。', 'what was written comes back into its box');
  await i.press('Control+Enter'); // saving fails, and keeps all of it
  await i.sees(/连不上|网络|稍后/, { timeout: 15_000 });
  assert.match(await i.page.getByRole('textbox', { name: '内容' }).inputValue(), /保修年限/);

  await t.server.start();
  await until(async () => !(await a.text(/实时连接已断开/).first().isVisible()), 'live comes back by itself', 25_000);
  await a.press('Control+Enter');
  await a.sees('服务器没了，这句话也不能丢。', { within: a.page.getByRole('log') });
  await i.press('Control+Enter');
  await i.sees(i.page.getByRole('heading', { name: '已登记' }));
  for (const d of [a, i]) d.offline = false;

  // Live works as before: what another does is seen without reloading.
  await i.do('ticket', id, 'urge', { content: '恢复后催一下' });
  await a.sees(/恢复后催一下/, { within: a.page.getByRole('log'), timeout: 10_000 });
  const comments = (await a.api('GET', `records/ticket/${id}/timeline?limit=50`)).events.filter((e) => e.kind === 'commented');
  assert.equal(comments.length, 1, 'said once, not twice');
}
