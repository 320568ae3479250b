import { describe, expect, it } from 'vitest';
import { fieldFits, readSetValue, setModes, writeSetValue } from '@/apps/console/pages/settings/declared/setValue';
import { readHour } from '@/core/hour';
import type { Field } from '@/core/types';

const f = (kind: Field['kind'], more: Partial<Field> = {}): Field => ({ name: 'x', label: 'x', kind, ...more });
const kinds: [Field, string[]][] = [
  [f('text'), ["'reason'", "'it''s 3'", '资料按顺序排好', "'3'", 'reason', 'customer.mobile', 'now', 'empty', '@greeting', 'outer.title', 'line.what', "'2026-11-23'", "'@me'"]],
  [f('long_text'), ["'now'", '两行\n话']],
  [f('flag'), ['true', 'false', 'major', 'empty']],
  [f('number'), ['3', '-1', 'chased', '@warn_at']],
  [f('money'), ['60.00', 'total']],
  [f('choice', { options: [{ name: 'used', label: '已用' }] }), ['used', 'verdict', 'empty', '@level']],
  [f('choices', { options: [{ name: 'used', label: '已用' }] }), ['used', 'empty']],
  [f('link', { to: 'user' }), ['@me', '7', 'manager', 'customer.owner', 'id', 'empty']],
  [f('date'), ['today', 'today + 3d', 'now', '2026-12-01', 'start_on', 'start_on - 2d', 'ends - @lead']],
  [f('datetime'), ['now', 'now + 5bd', 'now - @task_limit', "'2026-12-01T01:00:00.000Z'", '2026-12-01', 'today + 12h', 'start - 2h', 'due']],
  [f('table'), ['attendees', 'outer.attendees']],
];

describe('what a field is set to', () => {
  it('is read and written back as it stood, whatever the kind', () => {
    for (const [field, texts] of kinds)
      for (const text of texts) expect([field.kind, writeSetValue(readSetValue(text, field), field)]).toEqual([field.kind, text]);
  });
  it('is shown as what it is', () => {
    const as = (text: string, field: Field): unknown => {
      const { mode, value, name, shift } = readSetValue(text, field);
      return [mode, ...(value !== null && value !== '' ? [value] : []), ...(name ? [name] : []), ...(shift ? [shift] : [])];
    };
    expect(as("'it''s 3'", f('text'))).toEqual(['fixed', "it's 3"]);
    expect(as('reason', f('text'))).toEqual(['field', 'reason']);
    expect(as('true', f('flag'))).toEqual(['fixed', true]);
    expect(as('now + 3d', f('datetime'))).toEqual(['now', '+3d']);
    expect(as('start - 2h', f('datetime'))).toEqual(['field', 'start', '-2h']);
    expect(as('used', f('choice', { options: [{ name: 'used', label: '' }] }))).toEqual(['fixed', 'used']);
    expect(as('used', f('choice', { options: [] }))).toEqual(['field', 'used']);
    expect(as('@me', f('link', { to: 'user' }))).toEqual(['me']);
    expect(as('@limit', f('number'))).toEqual(['param', 'limit']);
    expect(as('', f('datetime'))).toEqual(['now']);
    expect(as('1 +', f('number')), 'what is no value stays as it is written').toEqual(['text', '1 +']);
    expect(as('due - 2h', f('text'))).toEqual(['text', 'due - 2h']);
  });
  it('puts quotes where a word would be taken for a field, and nothing where nothing was given', () => {
    const fixed = (value: string | number | boolean | null | { id: string }, field: Field): string => writeSetValue({ mode: 'fixed', value, name: '', shift: '' }, field);
    expect(fixed("it's", f('text'))).toBe("'it''s'");
    expect(fixed('你好', f('text'))).toBe('你好');
    expect(fixed('', f('text'))).toBe('');
    expect(fixed(false, f('flag'))).toBe('false');
    expect(fixed(0, f('number'))).toBe('0');
    expect(fixed({ id: '12' }, f('link', { to: 'team' }))).toBe('12');
    expect(fixed(null, f('link', { to: 'team' }))).toBe('');
    expect(writeSetValue({ mode: 'field', value: null, name: '', shift: '+1d' }, f('date'))).toBe('');
  });
  it('offers what suits the field, the usual first', () => {
    const all = { fields: true, params: true };
    expect(setModes(f('datetime'), all)).toEqual(['now', 'today', 'fixed', 'field', 'empty', 'text']);
    expect(setModes(f('link', { to: 'user' }), all)).toEqual(['me', 'fixed', 'field', 'empty', 'text']);
    expect(setModes(f('link', { to: 'work' }), all)[0]).toBe('field');
    expect(setModes(f('text'), { fields: false, params: false })).toEqual(['fixed', 'empty', 'text']);
    expect(setModes(undefined, all, true)).toEqual(['me', 'field', 'text']);
  });
  it('takes from fields that fit', () => {
    expect(fieldFits(f('phone'), f('text'))).toBe(true);
    expect(fieldFits(f('datetime'), f('date'))).toBe(true);
    expect(fieldFits(f('text'), f('number'))).toBe(false);
    expect(fieldFits(f('link', { to: 'team' }), f('link', { to: 'user' }))).toBe(false);
    expect(fieldFits(f('link', { to: 'ticket' }), f('link', { to: 'work' }))).toBe(true);
    expect(fieldFits(f('text', { sight: 'masked' }), f('text'))).toBe(false);
    expect(fieldFits(f('table'), f('text'))).toBe(false);
  });
});

describe('a time of day', () => {
  it('is taken as people type it', () => {
    expect(['9', '930', '9:30', '0930', '18：05', '9点', '24:00', '7:60', '25', 'x', ''].map((s) => readHour(s))).toEqual(['09:00', '09:30', '09:30', '09:30', '18:05', '09:00', null, null, null, null, null]);
    expect(readHour('24:00', true)).toBe('24:00');
  });
});
