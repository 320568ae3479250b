// A ticket is accepted, answered, solved and closed; a note, a file; the timeline tells it.
import assert from 'node:assert/strict';

export const title = 'a ticket: accepted, answered, solved, confirmed; a note and a file';

/** A file let go over the element, or pasted into it: the browser's own events, with what they carry. */
const hand = (page, element, how, name) =>
  page.evaluate(
    ([at, kind, called]) => {
      const carried = new DataTransfer();
      carried.items.add(new File([called], called, { type: 'text/plain' }));
      if (kind === 'paste') at.dispatchEvent(new ClipboardEvent('paste', { clipboardData: carried, bubbles: true, cancelable: true }));
      else for (const step of ['dragenter', 'dragover', 'drop']) at.dispatchEvent(new DragEvent(step, { dataTransfer: carried, bubbles: true, cancelable: true }));
    },
    [element, how, name],
  );

export async function run(t) {
  const p = await t.as('agent', null);
  const made = await p.intake({ type: 'repair', content: '书房空调外机异响，像有东西打到扇叶。', then: 'ticket', category: 'repair', fields: { title: '书房空调外机异响' } }, { name: '柳青', mobile: '13900001111' });
  const { id } = made.matters[0];
  await p.go(`r/ticket/${id}`);
  assert.match(await p.head(), /书房空调外机异响/);

  // Accepted, solved, and the customer told: every step by its button, what it needs asked right there.
  const here = p.page.locator('[aria-current=step]');
  const full = await p.actionsOf(async () => {
    await p.click('受理');
    await p.sees('处理中', { within: here });
    await p.click('处理完毕');
    await p.type('扇叶碰到线束，已重新固定，试机无异响。');
    await p.press('Control+Enter');
    await p.sees('待确认', { within: here });
    await p.click('告知并办结');
    await p.focused(); // 现在，电话: as the pack presets them
    await p.press('Enter');
    await p.sees('已办结', { within: here });
  });
  t.count('accept, solve and close a ticket, each as a step of its own', full, 6);

  // A note for colleagues, and a file dropped on the box.
  await p.click(p.page.getByText('内部备注', { exact: true }));
  await p.type('客户说晚上七点后也可以。');
  const [picker] = await Promise.all([p.page.waitForEvent('filechooser'), p.click('添加附件')]);
  await picker.setFiles({ name: '现场照片.png', mimeType: 'image/png', buffer: Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64') });
  await p.sees('现场照片.png');
  // One dropped on the box, one pasted into it: as a hand drags from a folder and a screenshot comes from the clipboard.
  const box = p.page.locator('form').filter({ has: p.button('添加附件') });
  await hand(p.page, await box.elementHandle(), 'drop', '铭牌.txt');
  await p.sees('铭牌.txt', { within: box });
  await hand(p.page, await box.locator('textarea').elementHandle(), 'paste', '截图.txt');
  await p.sees('截图.txt', { within: box });
  await p.click('发送');
  const log = p.page.getByRole('log');
  await p.sees('客户说晚上七点后也可以', { within: log });
  for (const name of ['现场照片.png', '铭牌.txt', '截图.txt']) await p.sees(name, { within: log });
  const file = await log.getByRole('link', { name: /现场照片/ }).first().getAttribute('href');
  const got = await p.context.request.get(`${t.server.url}${file}`);
  assert.equal(got.status(), 200);
  assert.equal((await got.body()).subarray(1, 4).toString(), 'PNG');

  await p.page.getByRole('tab', { name: '步骤' }).click();
  for (const words of ['受理', '处理完毕', '告知并办结']) await p.sees(words, { within: log });
  const r = await p.record('ticket', id);
  assert.equal(r.fields.state, 'done');
  assert.ok(r.fields.first_answer_at && r.fields.customer_informed);

  // The short way: accept, answer, close.
  const other = await p.intake({ type: 'repair', content: '遥控器没有反应。', then: 'ticket', category: 'repair', fields: { title: '遥控器没有反应' } }, { name: '柳青', mobile: '13900001111' });
  await p.go(`r/ticket/${other.matters[0].id}`);
  const short = await p.actionsOf(async () => {
    await p.click('受理');
    await p.sees('处理中', { within: here });
    await p.click(p.page.getByText('对客户说', { exact: true }));
    await p.type('请先把电池取出，等半分钟再装回去试试。');
    await p.press('Control+Enter');
    await p.sees('请先把电池取出', { within: log });
    await p.click('当场办结');
    await p.type('换电池后恢复，客户确认可用。');
    await p.press('Control+Enter');
    await p.sees('已办结', { within: here });
  });
  t.count('accept, answer and close a ticket', short, 6);
  const answered = await p.record('ticket', other.matters[0].id);
  assert.equal(answered.fields.state, 'done');
  assert.ok(answered.fields.first_answer_at < answered.fields.closed_at, 'the answer counted as one');
  await t.paint('record', p, `r/ticket/${id}`, '[role=log] li');
}
