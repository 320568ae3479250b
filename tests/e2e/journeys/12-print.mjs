// The A4 forms with their boxes to sign open as PDF, from the record itself.
import assert from 'node:assert/strict';

export const title = 'printing: the three forms open as PDF';

export async function run(t) {
  const p = await t.as('lead', null);
  for (const [type, form] of [['contact', /客服电话记录/], ['complaint', /客户投诉处理单/], ['follow_up', /回访记录表/]]) {
    const [row] = await p.rows(type, '', 'id');
    await p.go(`r/${type}/${row.id}`);
    await p.click(p.button('更多', p.page.locator('header.head')));
    const [opened] = await Promise.all([p.context.waitForEvent('page'), p.click(p.page.getByRole('menuitem', { name: form }))]);
    await opened.waitForLoadState('commit').catch(() => {}); // headless Chromium may hand a PDF on instead of showing it
    const url = opened.url() === 'about:blank' ? await opened.waitForURL(/print/).then(() => opened.url()) : opened.url();
    assert.match(url, /\/print\//);
    const r = await p.context.request.get(url);
    assert.equal(r.status(), 200);
    assert.match(r.headers()['content-type'], /application\/pdf/);
    const body = await r.body();
    assert.equal(body.subarray(0, 5).toString(), '%PDF-');
    assert.ok(body.length > 4_000, 'there is something on it');
    await opened.close();
  }
}
