// How many records have which value, as the server counts them, and the filter that finds just those.
import { quoted } from '@/core/filter-text';
import type { Json } from '@/core/json';
import { refOf } from '@/schema/values';

/** The answer of GET /api/v1/tally/{type}; null: masked before him, or not asked for. */
export interface Tally {
  n: number;
  more: boolean;
  by: Record<string, { values: { value: Json; n: number }[]; others: number } | null>;
  months: { month: string; n: number }[] | null;
}
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
export const tallied = (values: { value: Json; n: number }[]): Tallied[] => values.map((x) => ({ value: keyOf(x.value), sample: x.value, n: x.n }));
/** The filter that finds just these. */
export const whereOf = (field: string, x: Tallied): string => (x.value === '' ? `${field} is empty` : `${field} = ${/^\w+$/.test(x.value) ? x.value : quoted(x.value)}`);
/** The filter that finds those of a month (2026-11), its days in the organisation's zone. */
export function whereMonth(field: string, month: string): string {
  const [y, mo] = month.split('-').map(Number) as [number, number];
  const next = mo === 12 ? `${y + 1}-01` : `${y}-${String(mo + 1).padStart(2, '0')}`;
  return `${field} >= ${month}-01 and ${field} < ${next}-01`;
}
