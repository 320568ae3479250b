// What stands beside a form or a page: which records of the other type fit what is filled in.
import { quoted } from '@/core/filter-text';
import { get, path } from '@/core/api';
import { isEmpty, type Json } from '@/core/json';
import type { AsideDef, Field, FullRecord, Page, Row, Type, Values } from '@/core/types';
import { both } from './list/chips';
import { namesOf, refOf, refsOf, textOf } from './values';

/** One value as the filter language writes it; null where nothing can be compared. */
export function literal(f: Field | undefined, v: Json | undefined): string | null {
  if (!f || isEmpty(v)) return null;
  switch (f.kind) {
    case 'link':
    case 'links':
      return refOf(v)?.id ?? null;
    case 'choice':
    case 'choices':
    case 'date':
    case 'datetime':
      return textOf(v) || null;
    case 'number':
    case 'money':
    case 'flag':
      return String(v);
    default:
      return textOf(v) ? quoted(textOf(v)) : null;
  }
}
/** The filter over the other type; null when what it goes by is empty here: then nothing fits. */
export function asideWhere(a: AsideDef, of: Type, valueOf: (name: string) => Json | undefined): string | null {
  let where = a.where ?? '';
  for (const [theirs, mine] of Object.entries(a.match)) {
    const field: Field | undefined = theirs === 'id' ? { name: 'id', label: '', kind: 'link', to: of.name } : of.fields[theirs];
    const v = valueOf(mine);
    const several = Array.isArray(v) ? (v.some((x) => typeof x === 'object') ? refsOf(v).map((r) => r.id) : namesOf(v)) : null;
    const one = several ? (several.length ? several.join(', ') : null) : literal(field, v);
    if (one === null) return null;
    where = both(where, several ? `${theirs} in (${one})` : `${theirs} = ${one}`);
  }
  return where;
}

const kept = new Map<string, { until: number; rows: Promise<Row[]> }>();
/** The rows of an aside; asked for once a minute at most, for many matters go by the same. */
export function asideRows(a: AsideDef, of: Type, where: string): Promise<Row[]> {
  const columns = [...new Set([of.title ?? '', ...a.fields])].filter((n) => of.fields[n]).join(',');
  const key = `${of.name}\n${columns}\n${where}`;
  const old = kept.get(key);
  if (old && old.until > Date.now()) return old.rows;
  const rows = get<Page<Row>>(path('records', of.name), { where, columns, limit: 12, sort: 'id' }).then((p) => p.rows);
  if (kept.size > 60) kept.clear();
  kept.set(key, { until: Date.now() + 60_000, rows });
  rows.catch(() => kept.delete(key));
  return rows;
}

/** `machine.policy`: what stands behind a link, fetched where it is followed. */
export async function farValues(names: string[], type: Type, values: Values): Promise<Values> {
  const out: Values = {};
  for (const name of names) {
    const [link, field, ...more] = name.split('.');
    const to = type.fields[link!];
    const r = refOf(values[link!]);
    if (!field || more.length || to?.kind !== 'link' || !to.to || !r) continue;
    const far = await get<FullRecord>(path('records', r.type ?? to.to, r.id)).catch(() => null);
    if (far) out[name] = far.fields[field] ?? null;
  }
  return out;
}
