// The main screens look as they did: compared with the pictures kept, by a clock that stands still.
import assert from 'node:assert/strict';
import { settled } from '../lib/look.mjs';
import { Pictures } from '../lib/pictures.mjs';

export const title = 'the main screens look as in the pictures kept';
export const clock = '2030-03-06T02:30:05Z'; // a Wednesday, 10:30 in China

export async function run(t) {
  const blank = await (await t.browser.newContext()).newPage();
  const p = new Pictures(t, blank);
  const v = await t.visitor('visitor');
  await v.page.goto('/login');
  await v.sees(v.button('登录'));
  await settled(v).catch(() => {}); // the door has no main part with a heading of its own
  await p.take('login', v);

  const a = await t.as('agent', null);
  const [ticket] = await a.rows('ticket', 'owner = @me and state = working', 'number', 'number');
  for (const [name, at] of [['workbench', 'workbench'], ['intake', 'intake'], ['list', 'list/ticket?view=all'], ['board', 'list/ticket?view=all&look=board'], ['record', `r/ticket/${ticket.id}`]]) {
    await a.go(at);
    await settled(a);
    await p.take(name, a);
  }
  await a.context.close();

  const lead = await t.as('lead', 'report');
  await settled(lead);
  await p.take('report', lead);
  await lead.context.close();
  const admin = await t.as('admin', 'settings');
  await settled(admin);
  await p.take('settings', admin);
  await blank.context().close();

  assert.ok(p.bytes < 2 * 1024 * 1024, `the pictures take ${p.bytes} bytes`);
  assert.deepEqual(p.faults, []);
}
