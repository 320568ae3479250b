// The duty calendar as it comes from GET /duties, laid out by month and year.
import type { AnyLabel, Ref } from '@/core/types';

export type DutyState = 'planned' | 'open' | 'done' | 'late' | 'skipped';
export interface DutyItem {
  duty: string;
  period?: string;
  label: AnyLabel;
  at: string;
  due: string | null;
  for: { role?: string | null; team?: Ref | string | null; user?: Ref | string | null; label?: AnyLabel } | null;
  state: DutyState;
  record: { id: string; type: string } | null;
  owner: Ref | null;
  source?: string | null;
}
export interface DutyDay {
  date: string;
  off: boolean;
  name: string | null;
  duties: DutyItem[];
}
export interface Duties {
  days: DutyDay[];
  late: DutyItem[];
}

const two = (n: number): string => String(n).padStart(2, '0');
export const isMonth = (s: string): boolean => /^\d{4}-(0[1-9]|1[0-2])$/.test(s);
export const isYear = (s: string): boolean => /^\d{4}$/.test(s);
export function shiftMonth(month: string, by: number): string {
  const n = Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1 + by;
  return `${Math.floor(n / 12)}-${two((n % 12) + 1)}`;
}
export const daysIn = (month: string): number => new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).getUTCDate();
/** 0 Monday … 6 Sunday. */
export const weekdayOf = (date: string): number => (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;
export const shiftDate = (date: string, by: number): string => new Date(Date.parse(`${date}T00:00:00Z`) + by * 86_400_000).toISOString().slice(0, 10);

/** The dates of a month in weeks from Monday on; those of other months too, so that weeks are whole. */
export function weeksOf(month: string): string[][] {
  const first = `${month}-01`;
  let at = shiftDate(first, -weekdayOf(first));
  const last = `${month}-${two(daysIn(month))}`;
  const out: string[][] = [];
  while (at <= last) {
    out.push(Array.from({ length: 7 }, (_, i) => shiftDate(at, i)));
    at = shiftDate(at, 7);
  }
  return out;
}
/** What is fetched for a month's sheet, or for a year. */
export function rangeOf(at: string): { from: string; to: string } {
  if (isYear(at)) return { from: `${at}-01-01`, to: `${at}-12-31` };
  const weeks = weeksOf(at);
  return { from: weeks[0]![0]!, to: weeks[weeks.length - 1]![6]! };
}
const urgent: Record<DutyState, number> = { late: 0, open: 1, planned: 2, done: 3, skipped: 4 };
export const byUrgency = (list: DutyItem[]): DutyItem[] => list.map((d, i) => ({ d, i })).sort((a, b) => urgent[a.d.state] - urgent[b.d.state] || a.d.at.localeCompare(b.d.at) || a.i - b.i).map((x) => x.d);

/** The same duty of several people on one day is one line with its number. */
export interface DutyLine extends DutyItem {
  n: number;
  of: DutyItem[];
}
export function linesOf(list: DutyItem[]): DutyLine[] {
  const by = new Map<string, DutyLine>();
  for (const d of byUrgency(list)) {
    const key = `${d.duty} ${d.at}`;
    const have = by.get(key);
    if (have) {
      have.n++;
      have.of.push(d);
    } else by.set(key, { ...d, n: 1, of: [d] });
  }
  return [...by.values()];
}
/** What the colour of a day says in the year: the most pressing state of its duties. */
export function dayTone(day: DutyDay | undefined): DutyState | null {
  return day?.duties.length ? byUrgency(day.duties)[0]!.state : null;
}
/** In a year the daily ones say nothing: only what comes at most so often in a month is listed. */
export function rareOf(days: DutyDay[], month: string, most = 4): { date: string; item: DutyLine }[] {
  const of = days.filter((d) => d.date.startsWith(month));
  const times = new Map<string, number>();
  const all = of.flatMap((d) => linesOf(d.duties).map((item) => ({ date: d.date, item })));
  for (const x of all) times.set(x.item.duty, (times.get(x.item.duty) ?? 0) + 1);
  return all.filter((x) => times.get(x.item.duty)! <= most);
}
/** Who is late, the one with most first. */
export function latePeople(late: DutyItem[]): { label: string; items: DutyItem[] }[] {
  const by = new Map<string, DutyItem[]>();
  for (const d of late) {
    const who = d.owner?.label ?? '';
    by.set(who, [...(by.get(who) ?? []), d]);
  }
  return [...by].map(([label, items]) => ({ label, items })).sort((a, b) => b.items.length - a.items.length || a.label.localeCompare(b.label));
}
