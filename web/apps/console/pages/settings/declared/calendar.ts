// Working hours for the eye: a week of bars, and which days of a year are off, worked or made up, and why.
import { weekdays, type Weekday } from '@/core/clock';
import type { Json } from '@/core/json';
import { list, maps, str, strs, truthy, type Decl } from './declared';

export interface Hours {
  from: number;
  to: number; // minutes; past 1440 is the next day
}
export function minutesOf(text: string): number | null {
  const m = /^(\d\d?):(\d\d)$/.exec(text.trim());
  if (!m || +m[2]! > 59 || +m[1]! > 24 || (+m[1]! === 24 && +m[2]! > 0)) return null;
  return +m[1]! * 60 + +m[2]!;
}
function hoursOf(v: Decl): Hours | null {
  const from = minutesOf(str(v.from));
  const to = minutesOf(str(v.to));
  if (from === null || to === null || from === to) return null;
  return { from, to: to <= from ? to + 1440 : to };
}
/** The hours that begin on each weekday, Monday first. */
export function weekOf(cal: Decl): Hours[][] {
  const week: Hours[][] = Array.from({ length: 7 }, () => []);
  for (const h of maps(cal.hours)) {
    const span = hoursOf(h);
    if (span) for (const d of strs(h.days)) week[weekdays.indexOf(d as Weekday)]?.push(span);
  }
  week.forEach((d) => d.sort((a, b) => a.from - b.from));
  return week;
}
export interface Bar {
  from: number;
  to: number;
  /** The rest of a night that began the day before. */
  over: boolean;
}
/** What is drawn on each weekday's line of 24 hours. */
export function barsOf(cal: Decl): Bar[][] {
  const out: Bar[][] = Array.from({ length: 7 }, () => []);
  weekOf(cal).forEach((day, d) => {
    for (const h of day) {
      out[d]!.push({ from: h.from, to: Math.min(1440, h.to), over: false });
      if (h.to > 1440) out[(d + 1) % 7]!.push({ from: 0, to: h.to - 1440, over: true });
    }
  });
  return out;
}
/** Minutes a week, what overlaps once. */
export function weekMinutes(cal: Decl): number {
  return barsOf(cal).reduce((sum, bars) => {
    let end = 0;
    let n = 0;
    for (const b of [...bars].sort((x, y) => x.from - y.from)) {
      n += Math.max(0, b.to - Math.max(end, b.from));
      end = Math.max(end, b.to);
    }
    return sum + n;
  }, 0);
}
export interface DayKind {
  open: boolean;
  /** Other than the week says: a holiday, a make-up day, a day of its own. */
  why: 'week' | 'holiday' | 'own';
  name: string;
}
const weekdayOf = (date: string): number => (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;

export function dayLookup(cal: Decl, holidays: Map<string, Decl>): (date: string) => DayKind {
  const week = weekOf(cal);
  const public_ = new Map<string, Decl>();
  for (const h of strs(cal.holidays)) for (const d of maps(holidays.get(h)?.days)) public_.set(str(d.date), d);
  const own = new Map(maps(cal.days).map((d) => [str(d.date), d]));
  const has = (i: number): boolean => week[i]!.length > 0;
  return (date) => {
    const w = weekdayOf(date);
    const o = own.get(date);
    if (o) {
      const like = weekdays.indexOf(str(o.like) as Weekday);
      return { open: !truthy(o.off) && (like >= 0 ? has(like) : list(o.hours as Json).length > 0), why: 'own', name: str(o.name) };
    }
    const p = public_.get(date);
    if (p) return { open: truthy(p.off) ? false : has(w) || has(0), why: 'holiday', name: str(p.name) };
    return { open: has(w), why: 'week', name: '' };
  };
}
/** An own day: off, worked like a weekday, or as the week and the holidays say. */
export function withOwnDay(cal: Decl, date: string, as: 'off' | Weekday | null, name: string): Decl {
  const rest = maps(cal.days).filter((d) => str(d.date) !== date);
  if (as !== null) rest.push({ date, ...(as === 'off' ? { off: true } : { like: as }), ...(name.trim() ? { name: name.trim() } : {}) });
  rest.sort((a, b) => str(a.date).localeCompare(str(b.date)));
  const next = { ...cal };
  if (rest.length) next.days = rest;
  else delete next.days;
  return next;
}
export const yearsOf = (h: Decl): number[] => [...new Set(maps(h.days).map((d) => Number(str(d.date).slice(0, 4))))].filter((y) => y > 1900).sort((a, b) => a - b);
export const hm = (m: number): string => `${String(Math.floor((m % 1440) / 60)).padStart(2, '0')}:${String(m % 60).padStart(2, '0')}`;
