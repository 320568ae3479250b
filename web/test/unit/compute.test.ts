/// <reference types="node" />
// The corpus of computed values, as the server runs it (tests/compute).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { computed, computeValues } from '@/core/compute';
import type { Json } from '@/core/json';
import type { Field, Type } from '@/core/types';

interface Case {
  compute: string;
  json: Json;
  line?: boolean;
  values: { [k: string]: Json };
  scale: number;
  is: string | null;
}
const corpus = JSON.parse(readFileSync(join(process.cwd(), '../tests/compute/cases.json'), 'utf8')) as { cases: Case[] };
const field = (name: string, kind: string, scale = 0, more = {}): Field => ({ name, label: name, kind, scale, ...more }) as Field;
const columns = { what: field('what', 'text'), qty: field('qty', 'number', 3), price: field('price', 'money', 2), amount: field('amount', 'money', 2) };
const fields: Record<string, Field> = {
  a: field('a', 'number'),
  b: field('b', 'number', 3),
  m: field('m', 'money', 2),
  n: field('n', 'money', 2),
  f: field('f', 'flag'),
  lines: field('lines', 'table', 0, { columns }),
};

describe('computed fields', () => {
  it.each(corpus.cases)('$compute of $values', (c) => {
    const line = (c.values.lines as { [k: string]: Json }[] | undefined)?.[0] ?? {};
    expect(c.line ? computed(c.json, c.scale, columns, (n) => line[n]) : computed(c.json, c.scale, fields, (n) => c.values[n])).toBe(c.is);
  });

  const type = {
    fields: {
      ...fields,
      total: field('total', 'money', 2, { compute: ['-', ['field', 'gross'], ['field', 'm']] }),
      gross: field('gross', 'money', 2, { compute: ['sum', 'lines', 'amount'] }),
      half: field('half', 'number', 1, { compute: ['/', ['field', 'a'], '2'] }),
      kept: field('kept', 'money', 2, { compute: null }),
      lines: field('lines', 'table', 0, { columns: { ...columns, amount: field('amount', 'money', 2, { compute: ['*', ['field', 'qty'], ['field', 'price']] }) } }),
    },
  } as unknown as Type;

  it('fills lines, then what sums them up, then what rests on that', () => {
    const out = computeValues(type, { a: 3, m: '1.00', kept: '9.00', lines: [{ qty: 2, price: '1.50' }, { qty: 1, price: '2.25' }] });
    expect(out).toMatchObject({ gross: '5.25', total: '4.25', half: 1.5, kept: '9.00', lines: [{ amount: '3.00' }, { amount: '2.25' }] });
    expect(computeValues(type, out)).toBe(out);
  });

  it('leaves what it cannot know as it is stored, and half-typed numbers too', () => {
    expect(computeValues(type, { m: { masked: '***' }, total: '7.00', gross: null })).toMatchObject({ total: '7.00' });
    expect(computeValues(type, { lines: [{ qty: '2.' as unknown as number, price: '1.50', amount: '3.00' }] })).toMatchObject({ lines: [{ amount: '3.00' }] });
  });
});
