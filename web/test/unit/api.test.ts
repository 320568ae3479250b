import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError, call, get, openUrl, path, post, setOrg, whenSignedOut, withQuery } from '@/core/api';
import { errorWords } from '@/core/errors';
import { problemsByField } from '@/core/problems';
import { setLang } from '@/core/i18n';

const sent: { url: string; init: RequestInit }[] = [];
let answers: (Response | Error)[] = [];
beforeEach(() => {
  sent.length = 0;
  setLang('zh');
  setOrg('demo');
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    sent.push({ url, init });
    const a = answers.shift();
    if (!a || a instanceof Error) throw a ?? new TypeError('network');
    return a;
  });
});
afterEach(() => vi.unstubAllGlobals());
const json = (body: unknown, init?: ResponseInit): Response => new Response(JSON.stringify(body), init);
const headers = (i: number): Record<string, string> => sent[i]!.init.headers as Record<string, string>;

describe('calls', () => {
  it('names the organisation and the language', async () => {
    answers = [json({ ok: 1 })];
    expect(await get(path('records', 'ticket'), { where: 'a = 1', after: null, count: true })).toEqual({ ok: 1 });
    expect(sent[0]!.url).toBe('/api/v1/records/ticket?where=a+%3D+1&count=1');
    expect(headers(0)).toMatchObject({ 'X-Org': 'demo', 'Accept-Language': 'zh' });
  });
  it('sends the version and gives the new one', async () => {
    answers = [json({ id: '1' }, { headers: { ETag: '"8"' } })];
    const a = await call('PATCH', '/x', { body: { fields: {} }, version: 7 });
    expect(headers(0)['If-Match']).toBe('"7"');
    expect(a.etag).toBe('8');
  });
  it('never lets a name out of its path', () => {
    expect(path('records', '../session', 'a b')).toBe('/api/v1/records/..%2Fsession/a%20b');
    expect(openUrl('/f', { a: '' })).toBe('/f?org=demo');
    expect(withQuery('/f', { a: false, b: 0 })).toBe('/f?b=0');
  });
  it('repeats what is safe to repeat when the server is busy, and only that', async () => {
    const busy = (): Response => json({ error: { code: 'busy' } }, { status: 503 });
    answers = [busy(), json({ n: 1 })];
    expect(await post('/x', {}, { key: 'k' })).toEqual({ n: 1 });
    expect(sent).toHaveLength(2);
    answers = [busy(), json({ n: 1 })];
    await expect(post('/x', {})).rejects.toMatchObject({ code: 'busy' });
    expect(sent).toHaveLength(3);
  });
  it('tells that nobody is signed in', async () => {
    const out = vi.fn();
    whenSignedOut(out);
    answers = [json({ error: { code: 'sign_in' } }, { status: 401 })];
    await expect(get('/x')).rejects.toBeInstanceOf(ApiError);
    expect(out).toHaveBeenCalledOnce();
  });
  it('makes an error of an answer that is not JSON', async () => {
    answers = [new Response('<html>', { status: 507 })];
    await expect(call('PATCH', '/x', { body: {} })).rejects.toMatchObject({ status: 507, code: 'full' });
  });
});

describe('errors in words', () => {
  it('says what happened and what was kept', () => {
    expect(errorWords(new ApiError(0, 'offline', ''))).toContain('还在');
    expect(errorWords(new ApiError(409, 'conflict', '还有部门任务未完成'))).toBe('还有部门任务未完成');
    expect(errorWords(new Error('x'))).toContain('服务器出错');
  });
  it('puts problems beside their fields', () => {
    const e = new ApiError(422, 'invalid', '', [
      { field: 'title', code: 'required' },
      { field: 'title', code: 'too_long' },
      { field: 'amount', code: 'no_such_code' },
      { code: 'too_broad' },
    ]);
    expect(problemsByField(e)).toEqual({ title: '必须填写', amount: '有问题：no_such_code', '': '范围太大，请先加筛选条件' });
  });
});
