import { describe, expect, it } from 'vitest';
import { plain, safeUrl, textParts } from '@/core/sanitize';
import { same } from '@/core/json';
import type { Field } from '@/core/types';
import { presetOf, sayNumber, sayTold, sayValue, toWire } from '@/schema/values';

const f = (o: Partial<Field>): Field => ({ name: 'f', label: '字段', kind: 'text', ...o });

describe('values on the wire', () => {
  it('sends links, files and lines by id', () => {
    expect(toWire(f({ kind: 'link' }), { id: '12', label: '张三', type: 'customer' })).toBe('12');
    expect(toWire(f({ kind: 'links' }), [{ id: '1', label: 'a' }, { id: '2', label: 'b' }])).toEqual(['1', '2']);
    expect(toWire(f({ kind: 'files' }), [{ id: '9', name: 'a.png', size: 1, mime: 'image/png' }])).toEqual(['9']);
    const table = f({ kind: 'table', columns: { who: f({ name: 'who', kind: 'link' }), text: f({ name: 'text' }), tel: f({ name: 'tel', kind: 'phone' }) } });
    expect(toWire(table, [{ id: '5', who: { id: '1', label: 'x' }, text: ' a ', tel: { masked: '138****0021' } }])).toEqual([{ id: '5', who: '1', text: 'a' }]);
  });
  it('tells what the timeline says as it is said, whatever the field', () => {
    expect(sayTold('换货、道歉')).toBe('换货、道歉');
    expect(sayTold('是')).toBe('是');
    expect(sayTold({ masked: '138****0021' })).toBe('138****0021');
    expect(sayTold(null)).toBe('');
  });
  it('sends nothing as null, no lines as an empty list', () => {
    expect(toWire(f({}), '  ')).toBeNull();
    expect(toWire(f({ kind: 'links' }), null)).toEqual([]);
    expect(toWire(f({ kind: 'number' }), '12.5')).toBe(12.5);
    expect(toWire(f({ kind: 'money' }), '1280.50')).toBe('1280.50');
    expect(toWire(f({ kind: 'flag' }), false)).toBe(false);
  });
  it('shows the time a new record will get, as far as it is plain arithmetic', () => {
    const at = (d: string): number => Math.round((Date.parse(String(presetOf(f({ kind: 'datetime', default: d }), null))) - Date.now()) / 60e3);
    expect(at('now')).toBeLessThanOrEqual(0);
    expect(Math.abs(at('now + 30m') - 30)).toBeLessThanOrEqual(1);
    expect(Math.abs(at('now - 2h') + 120)).toBeLessThanOrEqual(1);
    expect(presetOf(f({ kind: 'datetime', default: 'now + 2bd' }), null)).toBeNull();
  });
  it('says values in words', () => {
    const choice = f({ kind: 'choice', options: [{ name: 'a', label: { zh: '甲', en: 'A' } }] });
    expect(sayValue(choice, 'a')).toBe('甲');
    expect(sayValue(choice, 'gone')).toBe('gone');
    expect(sayValue(f({ kind: 'phone' }), { masked: '138****0021' })).toBe('138****0021');
    expect(sayValue(f({ kind: 'money' }), '1234567.80')).toBe('1,234,567.80');
    expect(sayNumber('-1000')).toBe('-1,000');
    expect(sayNumber('12345678901234567.89')).toBe('12,345,678,901,234,567.89');
  });
  it('knows what a new record starts with', () => {
    expect(presetOf(f({ kind: 'link', default: '@me' }), { id: '7', label: '我' })).toMatchObject({ id: '7' });
    expect(presetOf(f({ kind: 'choice', default: 'gone', options: [] }), null)).toBeNull();
    expect(presetOf(f({ kind: 'flag', default: 'true' }), null)).toBe(true);
  });
  it('compares by value, empty alike', () => {
    expect(same(null, '')).toBe(true);
    expect(same([], undefined)).toBe(true);
    expect(same({ id: '1', label: 'a' }, { label: 'a', id: '1' })).toBe(true);
    expect(same(['a'], ['b'])).toBe(false);
  });
});

describe('text from outside', () => {
  it('finds links and nothing else', () => {
    const parts = textParts('看 https://example.com/a?b=1，或 javascript:alert(1) <b>x</b>');
    expect(parts.map((p) => p.href ?? null)).toEqual([null, 'https://example.com/a?b=1', null]);
    expect(parts.map((p) => p.text).join('')).toBe('看 https://example.com/a?b=1，或 javascript:alert(1) <b>x</b>');
  });
  it('refuses addresses that run', () => {
    expect(safeUrl('javascript:alert(1)')).toBeNull();
    expect(safeUrl('data:text/html,x')).toBeNull();
    expect(safeUrl('https://a.cn')).toBe('https://a.cn/');
  });
  it('drops characters that turn names around', () => {
    expect(plain('a\u202Egnp.exe')).toBe('agnp.exe');
  });
});
