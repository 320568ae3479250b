import { describe, expect, it } from 'vitest';
import { applyPaste, existingOf, freshFrom, isBlank, lacking, newDraft, newMatter, requestBody, usualThen } from '@/apps/console/pages/intake/draft';
import type { Field, Type } from '@/core/types';

const f = (name: string, kind: Field['kind'], more: Partial<Field> = {}): Field => ({ name, label: name, kind, ...more });
const type = (name: string, fields: Field[], more: Partial<Type> = {}): Type => ({
  name, label: name, fields: Object.fromEntries(fields.map((x) => [x.name, x])), inputs: {}, states: [], transitions: [], lists: [], views: [],
  form: [{ label: '', fields: fields.map((x) => x.name) }], prints: [], rights: { create: true }, ...more,
});
const types: Record<string, Type> = {
  customer: type('customer', [f('name', 'text', { required: true }), f('mobile', 'phone'), f('phone', 'phone'), f('address', 'text')]),
  contact: type('contact', [f('channel', 'choice'), f('caller', 'text'), f('callback', 'phone'), f('phone', 'phone'), f('region', 'text'), f('anonymous', 'flag'), f('matters', 'table', { columns: { type: f('type', 'choice'), praised: f('praised', 'link', { to: 'user' }) } })]),
  ticket: type('ticket', [f('title', 'text', { required: true }), f('description', 'long_text', { required: true }), f('category', 'choice'), f('order_no', 'text'), f('address', 'text'), f('priority', 'choice'), f('photos', 'files')]),
  complaint: type('complaint', [f('object', 'text', { required: true }), f('class', 'choice', { required: true }), f('demand', 'long_text', { required: true }), f('content', 'long_text', { required: true }), f('complain_time', 'datetime', { required: true, default: 'now' })]),
  task: type('task', [f('content', 'long_text', { required: true })]),
};

describe('the body of an intake', () => {
  it('holds a known customer and a matter solved at once', () => {
    const d = newDraft();
    d.who.customer = { id: '7', label: '周建国' };
    d.contact = { channel: 'phone', caller: '  周建国 ', region: '' };
    d.matters[0] = { ...newMatter(), type: 'inquiry', content: ' 问拆旧费 ', answer: '免费', then: 'solved' };
    expect(requestBody(d, types)).toEqual({
      customer: { id: '7' },
      contact: { channel: 'phone', caller: '周建国' },
      matters: [{ type: 'inquiry', content: '问拆旧费', then: 'solved', solved_now: true, answer: '免费' }],
    });
  });
  it('makes a customer, several matters, and what each becomes', () => {
    const d = newDraft();
    d.who.fresh = { name: '袁红梅', mobile: '13618077532', address: '' };
    d.matters = [
      { ...newMatter(), type: 'repair', content: '异响', then: 'ticket', category: 'repair', priority: 'high', owner: { id: '5', label: '刘洋' }, fields: { order_no: 'DD1', demand: '不属于工单' }, promise: { kind: 'call_back', due: '2026-11-23T02:00:00.000Z' } },
      { ...newMatter(), type: 'complaint', content: '态度差', then: 'complaint', category: 'manner', fields: { object: '前台', demand: '道歉' } },
      { ...newMatter(), type: 'daily', content: '补寄说明书', then: 'task', team: { id: '9', label: '物流部' }, owner: { id: '5', label: '刘洋' } },
    ];
    const body = requestBody(d, types);
    expect(body.customer).toEqual({ fields: { name: '袁红梅', mobile: '13618077532' } });
    expect(body.contact).toEqual({ phone: '13618077532', caller: '袁红梅' });
    expect(body.matters).toEqual([
      { type: 'repair', content: '异响', then: 'ticket', category: 'repair', priority: 'high', to_owner: '5', fields: { order_no: 'DD1' }, promise: { kind: 'call_back', due: '2026-11-23T02:00:00.000Z', text: '异响' } },
      { type: 'complaint', content: '态度差', then: 'complaint', category: 'manner', fields: { object: '前台', demand: '道歉' } },
      { type: 'daily', content: '补寄说明书', then: 'task', team: '9' },
    ]);
  });
  it('goes on with an earlier matter, and says what he adds in the asked input', () => {
    const step = { name: 'supplement', asks: [{ name: 'note', required: true }] };
    const e = existingOf({ type: 'complaint', id: '3', number: 'TS1', title: '查清巡检' }, step, '补充情况', types.complaint);
    const d = newDraft();
    d.who.customer = { id: '7', label: '苏主任' };
    d.matters[0] = { ...newMatter(), type: 'complaint', then: 'existing', existing: e, content: '又漏了' };
    expect((requestBody(d, types).matters as unknown[])[0]).toEqual({ type: 'complaint', content: '又漏了', then: 'existing', existing: { type: 'complaint', id: '3', do: 'supplement', fields: { note: '又漏了' } } });
    d.matters[0]!.content = '';
    expect(lacking(d, types)).toEqual([{ at: 'content', matter: 0 }]);
    d.matters[0]!.existing!.needsText = false;
    expect(lacking(d, types)).toEqual([]);
    expect((requestBody(d, types).matters as { content: string }[])[0]!.content).toBe('补充情况：查清巡检');
  });
  it('is anonymous without a customer', () => {
    const d = newDraft();
    d.who.anonymous = true;
    d.matters[0] = { ...newMatter(), type: 'void_call', content: '推销' };
    expect(requestBody(d, types)).toMatchObject({ customer: null, contact: { anonymous: true } });
  });
});

describe('what is missing', () => {
  it('comes in the order of the conversation', () => {
    const d = newDraft();
    d.matters[0] = { ...newMatter(), then: 'complaint', type: 'complaint' };
    expect(lacking(d, types)).toEqual([{ at: 'who' }, { at: 'content', matter: 0 }, { at: 'category', matter: 0 }, { at: 'field', matter: 0, field: 'object' }, { at: 'field', matter: 0, field: 'demand' }]);
    d.who.fresh = { name: '' };
    d.matters[0] = { ...newMatter(), then: 'task', type: 'daily', content: 'x' };
    expect(lacking(d, types)).toEqual([{ at: 'name' }, { at: 'team', matter: 0 }]);
  });
  it('knows a blank draft', () => {
    expect(isBlank(newDraft())).toBe(true);
    const d = newDraft();
    d.contact.channel = null;
    expect(isBlank(d)).toBe(true);
    d.matters[0]!.content = '水';
    expect(isBlank(d)).toBe(false);
  });
});

describe('what was typed', () => {
  it('to find somebody begins a new customer', () => {
    expect(freshFrom('138 1234 0021')).toEqual({ name: '', mobile: '13812340021' });
    expect(freshFrom('028-85512233')).toEqual({ name: '', phone: '02885512233' });
    expect(freshFrom('袁红梅 13618077532')).toEqual({ name: '袁红梅', mobile: '13618077532' });
    expect(freshFrom('李雷')).toEqual({ name: '李雷' });
  });
  it('in a message goes to its places and is marked', () => {
    const d = newDraft();
    const marks = applyPaste(d, [
      { field: 'mobile', value: '13618077532', part: '' }, { field: 'name', value: '袁红梅', part: '' },
      { field: 'mobile', value: '13900000000', part: '' }, { field: 'order_no', value: 'DD2026', part: '' },
    ], ' 冰箱不制冷 ', types);
    expect(d.who.fresh).toEqual({ name: '袁红梅', mobile: '13618077532' });
    expect(d.contact.callback).toBe('13900000000');
    expect(d.matters[0]!.fields.order_no).toBe('DD2026');
    expect(d.matters[0]!.content).toBe('冰箱不制冷');
    expect(marks).toEqual(['fresh.mobile', 'fresh.name', 'contact.callback', 'fields.order_no', 'content']);
  });
  it('never changes a customer who is known', () => {
    const d = newDraft();
    d.who.customer = { id: '7', label: '周建国' };
    applyPaste(d, [{ field: 'name', value: '周小明', part: '' }, { field: 'address', value: '锦绣花园 3-2', part: '' }], '', types);
    expect(d.who.fresh).toBeNull();
    expect(d.contact.caller).toBe('周小明');
    expect(d.matters[0]!.fields.address).toBe('锦绣花园 3-2');
  });
  it('proposes what usually happens', () => {
    expect([usualThen('complaint'), usualThen('repair'), usualThen('inquiry')]).toEqual(['complaint', 'ticket', 'solved']);
  });
});
