// Matters that have to do with each other: linked, split, merged, and a ready reply; each looked at before and taken back.
import assert from 'node:assert/strict';
import { axeLines, settled, tooWide } from '../lib/look.mjs';

export const title = 'a matter is linked (circles are refused), split, merged, answered with a macro; all with a way back';

export async function run(t) {
  const a = await t.as('agent', null);
  const who = { name: '关联先生', mobile: '13600007733' };
  const make = async (title) => {
    const made = await a.intake({ type: 'repair', content: `${title}，请尽快。`, then: 'ticket', category: 'repair', fields: { title } }, who);
    who.customer = { id: made.customer.id };
    return made.matters[0].id;
  };
  const pump = await make('水泵房漏水');
  const tap = await make('三楼无水');
  const lift = await make('电梯停运');
  const twice = await make('电梯又停了');
  const number = async (id) => (await a.record('ticket', id)).fields.number;

  // The third floor waits for the pump.
  const p = await t.as('agent', `r/ticket/${tap}`);
  const dialog = p.page.locator('dialog[open]');
  const link = async (to, name, how) => {
    await p.menu('更多', '关联别的单…');
    await p.choose(await number(to), p.field('哪张单', dialog), name);
    await p.click(dialog.getByLabel(how));
    await p.click(p.button('关联', dialog));
  };
  await link(pump, '水泵房漏水', '本单要等它办完');
  const links = p.region('关联');
  await p.sees('等它办完', { within: links });
  await p.sees(p.link(/水泵房漏水/, links));

  // The pump can't wait for the third floor: the way round is told.
  await p.go(`r/ticket/${pump}`);
  await p.sees('等着本单', { within: links });
  p.allow(422);
  await link(tap, '三楼无水', '本单要等它办完');
  await p.sees(/水泵房漏水|环|循环|绕/, { within: dialog });
  await p.press('Escape');

  // Taken away and put back.
  await p.click(p.button(/^取消与.*的关联/, links));
  await p.sees('已取消关联');
  await p.click(p.button('撤回'));
  await p.sees('已恢复关联');
  await p.sees('等着本单', { within: links });

  // Split: seen before, done, taken back. What was said of one part goes along with it.
  await a.api('POST', `records/ticket/${pump}/comments`, { text: '密封圈型号 DN80，库房有货。', internal: true });
  await p.menu('更多', '拆单…');
  await p.type('更换密封圈', dialog.getByLabel('第 1 张 标题'));
  await p.click(p.button('再加一张', dialog));
  await p.type('清理积水', dialog.getByLabel('第 2 张 标题'));
  await dialog.getByLabel(/DN80/).selectOption({ label: '第 1 张 更换密封圈' });
  await p.click(p.button('看看结果', dialog));
  await p.sees(/1 条备注/, { within: p.region('将会建立') });
  await p.sees('更换密封圈', { within: p.region('将会建立') });
  for (const [width, height] of [[390, 844], [1440, 900]]) {
    await p.page.setViewportSize({ width, height });
    await settled(p);
    assert.deepEqual([...(await axeLines(p.page)), ...(await tooWide(p.page))], []);
  }
  await p.click(p.button('拆成 2 张', dialog));
  await p.sees(/^已拆出/);
  await p.sees('拆出', { within: links });
  await p.sees(p.link(/清理积水/, links));
  await p.sees(/条备注同时归到/, { within: p.region('经过') });
  const rows = (await a.record('ticket', pump)).links;
  const ring = rows.find((x) => /更换密封圈/.test(x.record.title)).record.id;
  const said = await t.as('agent', `r/ticket/${ring}`);
  await said.sees(/带来 1 条备注/);
  await said.sees('密封圈型号 DN80，库房有货。');
  await said.go();
  await p.click(p.button('撤回'));
  await p.sees('拆单已撤回');
  await p.seesNot(p.link(/清理积水/, links));

  // Merged: the second call about the lift goes into the first.
  await a.api('POST', `records/ticket/${twice}/comments`, { text: '轿厢停在五楼与六楼之间', internal: true });
  const lead = await t.as('lead', `r/ticket/${lift}`);
  const box = lead.page.locator('dialog[open]');
  await lead.menu('更多', '合并…');
  await lead.choose('电梯又停', lead.field('哪张单', box), '电梯又停了');
  await lead.sees(/“.+”并入“.+”/, { within: box });
  await lead.type('同一部电梯', lead.field('原因', box));
  await lead.click(lead.button('合并', box));
  await lead.sees(/^已合并到/);
  assert.equal((await lead.record('ticket', twice)).fields.merged_into.id, lift);
  await lead.sees('并入本单的', { within: lead.region('关联') });
  await lead.sees('轿厢停在五楼与六楼之间');
  await lead.click(lead.button('撤回'));
  await lead.sees('合并已撤回');
  assert.equal((await lead.record('ticket', twice)).fields.merged_into, null);
  await lead.seesNot('轿厢停在五楼与六楼之间');
  await lead.sees('（已归还）');

  // A ready reply: its words are this record's, and it does what it says.
  const sent = await lead.actionsOf(async () => {
    await lead.press('m');
    await lead.sees('话术与快捷处理', { within: box });
    await lead.type('升级', lead.field('找话术', box));
    await lead.press('Enter');
    await lead.sees(/优先级填为/, { within: box });
    await lead.click(lead.button('执行', box));
    await lead.sees(/已执行“升级并通知班长”/);
  });
  t.count('do a macro found by its name, two characters typed', sent, 5);
  assert.equal((await lead.record('ticket', lift)).fields.priority, 'urgent');
}
