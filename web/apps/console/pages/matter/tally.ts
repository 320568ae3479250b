// How many rows have which value: most first, those without one last.
import type { Json } from '@/core/json';
import { refOf } from '@/schema/values';

export interface Tallied {
  /** Of a link its id, of a flag true or false; '' where there is none. */
  value: string;
  sample: Json;
  n: number;
}
const keyOf = (v: Json): string => {
  if (v === null || v === undefined || v === '') return '';
  if (typeof v === 'object') return refOf(v)?.id ?? '';
  return String(v);
};
export function tally(values: Json[]): Tallied[] {
  const by = new Map<string, Tallied>();
  for (const v of values) {
    const value = keyOf(v);
    const one = by.get(value);
    if (one) one.n++;
    else by.set(value, { value, sample: v, n: 1 });
  }
  return [...by.values()].sort((a, b) => Number(a.value === '') - Number(b.value === '') || b.n - a.n);
}
/** By the month of a point in time, the latest first; the time zone is what `month` goes by. */
export function byMonth(times: Json[], month: (at: string) => string): Tallied[] {
  return tally(times.filter((x): x is string => typeof x === 'string').map(month)).sort((a, b) => (a.value < b.value ? 1 : -1));
}
/** The filter that finds just these. */
export const whereOf = (field: string, x: Tallied): string => (x.value === '' ? `${field} is empty` : `${field} = ${x.value}`);
/** The filter that finds those of a month (2026-11), its days in the organisation's zone. */
export function whereMonth(field: string, month: string): string {
  const [y, mo] = month.split('-').map(Number) as [number, number];
  const next = mo === 12 ? `${y + 1}-01` : `${y}-${String(mo + 1).padStart(2, '0')}`;
  return `${field} >= ${month}-01 and ${field} < ${next}-01`;
}
