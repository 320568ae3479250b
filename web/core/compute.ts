// Computed fields while somebody types: the same reckoning as src/model/compute.c, case by case (tests/compute).
// Exact fractions, one rounding at the end; undefined: the browser can't know it, the stored value stands.
import { isMap, type Json } from './json';
import type { Field, Type, Values } from './types';

type Fraction = { up: bigint; down: bigint } | null;
type Get = (name: string) => Json | undefined;
const PART_MAX = 1n << 125n;
const MOST = 9007199254740991n;

class TooLarge extends Error {}
class Unknown extends Error {}

const size = (v: bigint): bigint => (v < 0n ? -v : v);
function fits(v: bigint): bigint {
  if (size(v) > PART_MAX) throw new TooLarge();
  return v;
}
function reduced(up: bigint, down: bigint): Fraction {
  let a = size(up);
  let b = size(down);
  while (b) [a, b] = [b, a % b];
  if (a === 0n) a = 1n;
  if (down < 0n) a = -a;
  return { up: up / a, down: down / a };
}

function fromText(text: string): Fraction {
  const m = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text.trim());
  if (!m) throw new Unknown();
  const v = BigInt(m[2]! + (m[3] ?? ''));
  return reduced(m[1] ? -v : v, 10n ** BigInt((m[3] ?? '').length));
}
function fromValue(v: Json | undefined, f: Field | undefined): Fraction {
  if (!f || isMap(v)) throw new Unknown();
  if (f.kind === 'flag') return { up: v === true ? 1n : 0n, down: 1n };
  if (v === null || v === undefined || v === '') return null;
  // A number of the wire is exact in its own digits.
  return fromText(typeof v === 'number' ? v.toFixed(f.scale ?? 0) : String(v));
}

function plus(a: Fraction, b: Fraction, sign: bigint): Fraction {
  if (!a && !b) return null;
  const x = a ?? { up: 0n, down: 1n };
  const y = b ?? { up: 0n, down: 1n };
  return reduced(fits(fits(x.up * y.down) + sign * fits(y.up * x.down)), fits(x.down * y.down));
}

interface Scope {
  fields: Record<string, Field>;
  get: Get;
}
function evaluate(c: Json, s: Scope): Fraction {
  if (typeof c === 'string') return fromText(c);
  if (!Array.isArray(c)) throw new Unknown();
  const [op, x, y] = c as [string, Json, Json];
  if (op === 'field') return fromValue(s.get(String(x)), s.fields[String(x)]);
  if (op === 'sum') {
    const column = s.fields[String(x)]?.columns?.[String(y)];
    const lines = s.get(String(x));
    if (isMap(lines)) throw new Unknown();
    return (Array.isArray(lines) ? lines.filter(isMap) : []).map((l) => fromValue(l[String(y)], column)).reduce((all: Fraction, one) => (one ? plus(all, one, 1n) : all), null);
  }
  const a = evaluate(x, s);
  if (op === 'neg') return a && { up: -a.up, down: a.down };
  const b = evaluate(y, s);
  if (op === '+' || op === '-') return plus(a, b, op === '+' ? 1n : -1n);
  if (!a || !b) return null;
  if (op === '*') return reduced(fits(a.up * b.up), fits(a.down * b.down));
  if (op !== '/') throw new Unknown();
  return b.up === 0n ? null : reduced(fits(a.up * b.down), fits(a.down * b.up));
}

/** As text with the field's digits; half a unit goes away from zero. */
function rounded(f: Fraction, scale: number): string | null {
  if (!f) return null;
  const up = fits(f.up * 10n ** BigInt(scale));
  let whole = size(up) / f.down;
  if (2n * (size(up) % f.down) >= f.down) whole += 1n;
  if (whole > MOST) throw new TooLarge();
  const digits = whole.toString().padStart(scale + 1, '0');
  const text = scale ? `${digits.slice(0, -scale)}.${digits.slice(-scale)}` : digits;
  return up < 0n && whole > 0n ? `-${text}` : text;
}

/** What a field or column gives: text, null (empty), 'too_large', or undefined where it can't be known here. */
export function computed(compute: Json | undefined, scale: number, fields: Record<string, Field>, get: Get): string | null | undefined {
  if (compute === null || compute === undefined) return undefined;
  try {
    return rounded(evaluate(compute, { fields, get }), scale);
  } catch (e) {
    if (e instanceof TooLarge) return 'too_large';
    if (e instanceof Unknown) return undefined;
    throw e;
  }
}

const wire = (f: Field, text: string | null | undefined, stored: Json | undefined): Json =>
  text === undefined ? (stored ?? null) : text === null || text === 'too_large' ? null : f.kind === 'number' ? Number(text) : text;

/** A line with its computed columns as they are now. */
export function computeLine(columns: Record<string, Field>, line: { [k: string]: Json }): { [k: string]: Json } {
  let out = line;
  // What rests on another computed column is right after as many rounds as there are such columns.
  const list = Object.values(columns).filter((c) => c.compute !== undefined);
  for (let round = 0; round < list.length; round++)
    for (const c of list) {
      const v = wire(c, computed(c.compute, c.scale ?? 0, columns, (n) => out[n]), out[c.name]);
      if (v !== (out[c.name] ?? null)) out = { ...out, [c.name]: v };
    }
  return out;
}

/** All values with what follows from them; the same object where nothing differs. */
export function computeValues(type: Type, values: Values): Values {
  let out = values;
  for (const f of Object.values(type.fields)) {
    const lines = out[f.name];
    if (!f.columns || !Array.isArray(lines) || !Object.values(f.columns).some((c) => c.compute !== undefined)) continue;
    const next = lines.map((l) => (isMap(l) ? computeLine(f.columns!, l) : l));
    if (next.some((l, i) => l !== lines[i])) out = { ...out, [f.name]: next };
  }
  const list = Object.values(type.fields).filter((f) => f.compute !== undefined);
  for (let round = 0; round < list.length; round++)
    for (const f of list) {
      const v = wire(f, computed(f.compute, f.scale ?? 0, type.fields, (n) => out[n]), out[f.name]);
      if (v !== (out[f.name] ?? null)) out = { ...out, [f.name]: v };
    }
  return out;
}
