// A theme: the complaints that were gathered, how many have which class and department, each figure opening its records.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { axeLines, settled, tooWide } from '../lib/look.mjs';

export const title = 'a theme says how its complaints are spread; a figure opens just those';

export async function run(t) {
  const lead = await t.as('lead', null);
  const made = await lead.api('POST', 'records/theme', { fields: { title: '停车场道闸误扣费', kind: 'manual' } });
  const complaint = (content, klass, severity) => ({ type: 'complaint', content, then: 'complaint', fields: { class: klass, severity, object: content, complain_time: new Date().toISOString(), demand: content } });
  const three = await lead.intake([complaint('道闸扣了两次', 'charge', 'light'), complaint('月卡被收临停费', 'charge', 'light'), complaint('保安态度差', 'manner', 'light')], { name: '车主', mobile: '13600003939' });
  // One that came in another month, from an older system.
  const map = join(t.server.dir, 'old.yaml'), lines = join(t.server.dir, 'old.csv');
  await writeFile(map, `import: old
type: complaint
zone: Asia/Shanghai
id: id
fields:
  content: {from: content}
  object: {from: content}
  demand: {from: content}
  class: {from: class, options: {other: charge}}
  severity: {from: severity, options: {low: light}}
  complainant: {from: who}
  state: {from: state, options: {done: archived}}
  created_at: {from: day, time: "%Y-%m-%d"}
  opened_at: {from: day, time: "%Y-%m-%d"}
`);
  await writeFile(lines, 'id,content,class,severity,who,state,day\n1,道闸砸车,other,low,老车主,done,2026-01-31\n');
  await t.server.command('import', '--org', 'demo', '--type', 'complaint', '--map', map, lines);
  const old = await lead.rows('complaint', "content = '道闸砸车'", 'content');
  assert.equal(old.length, 1);
  for (const m of [...three.matters, old[0]]) {
    const r = await lead.record('complaint', m.id);
    await lead.api('PATCH', `records/complaint/${m.id}`, { fields: { theme: made.id } }, { 'If-Match': `"${r.version}"` });
  }

  const p = await t.as('lead', `r/theme/${made.id}`);
  const counts = p.page.getByRole('group', { name: '归集的投诉的分布' });
  await counts.waitFor();
  await p.sees('投诉分类', { within: counts });
  const two = counts.getByRole('link', { name: /收费.*3/ });
  await two.waitFor();
  await p.sees(/都是/, { within: counts });
  if (process.env.SHOT) await p.page.screenshot({ path: process.env.SHOT });
  for (const [width, height] of [[390, 844], [1440, 900]]) {
    await p.page.setViewportSize({ width, height });
    if (width === 390) await p.click(p.page.getByRole('tab').last());
    await settled(p);
    assert.deepEqual([...(await axeLines(p.page)), ...(await tooWide(p.page))], []);
  }
  await p.click(two);
  await p.isAt(/list\/complaint/);
  await p.sees('月卡被收临停费');
  await p.sees('道闸扣了两次');
  await p.seesNot('保安态度差');
  // The month it came in: a list of that month alone, from its first day to its last.
  await p.go(`r/theme/${made.id}`);
  await p.click(counts.getByRole('link', { name: /2026-01.*1/ }));
  await p.isAt(/list\/complaint/);
  await p.sees('道闸砸车');
  await p.seesNot('月卡被收临停费');
}
