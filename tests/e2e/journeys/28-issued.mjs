// A form is issued: numbered and kept; a corrected one replaces it, with the reason, and both can be opened.
import assert from 'node:assert/strict';

export const title = 'forms as issued: numbered, opened, corrected by a version';

export async function run(t) {
  const p = await t.as('agent', null);
  const [ticket] = await p.rows('ticket', 'owner = @me and state = working', 'number', 'number');
  await p.go(`r/ticket/${ticket.id}`);
  const forms = p.region('出具的表单');
  await p.sees('还没有出具过', { within: forms });

  await p.click(forms.getByRole('button', { name: '出具' }));
  await p.click(p.page.getByRole('menuitem').first());
  const ask = p.page.getByRole('dialog', { name: /^出具/ });
  await p.click(ask.getByRole('button', { name: '出具' }));
  await p.sees(/^已出具 /);
  const file = forms.getByRole('link').first();
  const number = await file.locator('.number').innerText();
  const got = await p.context.request.get(new URL(await file.getAttribute('href'), t.server.url).href);
  assert.equal(got.headers()['content-type'], 'application/pdf');
  const before = await got.body();
  assert.equal(before.subarray(0, 4).toString(), '%PDF');

  // Corrected: the new one stands first, the old one is kept as it was issued.
  await p.click(forms.getByRole('button', { name: '出更正版' }));
  const again = p.page.getByRole('dialog', { name: /^更正/ });
  await p.type('地址写错', again.getByLabel('为什么更正'));
  await p.click(again.getByRole('button', { name: '出具' }));
  await p.sees('第 2 版', { within: forms });
  await p.sees('已被更正', { within: forms });
  assert.equal(await forms.getByRole('link').count(), 2);
  const old = forms.getByRole('link').last();
  assert.equal(await old.locator('.number').innerText(), number);
  const kept = await (await p.context.request.get(new URL(await old.getAttribute('href'), t.server.url).href)).body();
  assert.ok(kept.equals(before), 'the form is the same byte for byte');
}
