/// <reference types="node" />
// The one corpus of the filter language (tests/filter), for the browser's evaluator, parser and printer.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { holds } from '@/core/filter';
import { parseFilter, printFilter } from '@/core/filter-text';
// @ts-ignore plain JavaScript, shared with the property test
import { checkCase, checkFail, envOf } from '../../../tests/filter/check.mjs';

const read = (name: string) => JSON.parse(readFileSync(join(process.cwd(), '../tests/filter', name), 'utf8'));
const world = read('world.json');
const env = envOf(world);
const filter = { holds, parseFilter, printFilter };

interface Case {
  type: string;
  where?: string;
}

describe('the filter corpus', () => {
  it('holds for the same records as on the server', () => {
    const cases = (read('cases.json') as Case[]).filter((c) => c.where);
    expect(cases.length).toBeGreaterThan(200);
    expect(cases.flatMap((c) => checkCase(filter, world, env, c))).toEqual([]);
  });

  it('refuses with the same code and position', () => {
    const fails = (read('fails.json') as Case[]).filter((c) => c.where !== undefined);
    expect(fails.length).toBeGreaterThan(80);
    expect(fails.flatMap((c) => checkFail(filter, env, c))).toEqual([]);
  });
});

describe('what only the server knows', () => {
  const ticket = (fields: Record<string, unknown>) => ({ id: '7', fields });
  const form = { model: env.model, now: env.now, zone: env.zone, me: '1', myTeams: ['11'] };

  it('is neither true nor false', () => {
    expect(holds(['=', 'customer.vip', true], 'ticket', ticket({ customer: { id: '21', label: '张三' } }), form)).toBeUndefined();
    expect(holds(['any', 'tasks'], 'ticket', ticket({}), form)).toBeUndefined();
    expect(holds(['=', 'phone', '13812340021'], 'ticket', ticket({ phone: { masked: '138****0021' } }), form)).toBeUndefined();
    expect(holds(['=', 'hidden_field', 1], 'ticket', ticket({}), form)).toBeUndefined();
  });

  it('does not matter where the rest decides', () => {
    const unknown = ['any', 'tasks'];
    expect(holds(['or', unknown, ['=', 'urgent', true]], 'ticket', ticket({ urgent: true }), form)).toBe(true);
    expect(holds(['and', unknown, ['=', 'urgent', true]], 'ticket', ticket({ urgent: false }), form)).toBe(false);
    expect(holds(['not', ['and', unknown, ['=', 'urgent', true]]], 'ticket', ticket({ urgent: true }), form)).toBeUndefined();
  });

  it('an empty link is known to be empty', () => {
    expect(holds(['=', 'customer.vip', true], 'ticket', ticket({ customer: null }), form)).toBe(false);
    expect(holds(null, 'ticket', ticket({}), form)).toBe(true);
  });

  it('a computed field is taken from the record when the model does not say what it is', () => {
    const model = { types: { ticket: { fields: { overdue: { kind: 'computed' } } } } };
    expect(holds(['=', 'overdue', true], 'ticket', ticket({ overdue: true }), { ...form, model })).toBe(true);
    expect(holds(['=', 'overdue', true], 'ticket', ticket({}), { ...form, model })).toBeUndefined();
  });
});

describe('time', () => {
  const model = { types: { t: { fields: { at: { kind: 'datetime' }, on: { kind: 'date' } } } } };
  const at = (now: string, zone: string) => ({ model, now: Date.parse(now), zone, holidays: {} });
  const rec = (v: Record<string, unknown>) => ({ id: '1', fields: v });

  it('keeps the time of day when the clocks change', () => {
    // New York springs forward on 2026-03-08: 24 hours are not a day.
    const env1 = at('2026-03-07T15:00:00.000Z', 'America/New_York');
    expect(holds(['=', 'at', { now: '+1d' }], 't', rec({ at: '2026-03-08T14:00:00.000Z' }), env1)).toBe(true);
    expect(holds(['=', 'at', { now: '+24h' }], 't', rec({ at: '2026-03-08T15:00:00.000Z' }), env1)).toBe(true);
  });

  it('clamps months to their end', () => {
    expect(holds(['=', 'on', { today: '+1mo' }], 't', rec({ on: '2026-02-28' }), at('2026-01-31T04:00:00.000Z', 'Asia/Shanghai'))).toBe(true);
    expect(holds(['=', 'on', { today: '-12mo' }], 't', rec({ on: '2023-02-28' }), at('2024-02-29T04:00:00.000Z', 'Asia/Shanghai'))).toBe(true);
  });
});
