// Running time limits as people say them: 还有 2 小时, 已超 35 分, 暂停中：等配件. The server derives when
// a clock is due; here it only counts down to that, by the minute.
import { time as catalogue } from '@/i18n/time';
import { label, lang, words } from './i18n';
import { now, saySpan, sayTime } from './time';
import type { AnyLabel } from './types';

const t = words(catalogue);

export type ClockState = 'running' | 'warned' | 'breached' | 'paused' | 'met' | 'late' | 'withdrawn';
export interface Span {
  from: string;
  to: string | null;
  running: boolean;
  why?: AnyLabel;
  ms: number;
}
/** On a row of the workbench, the board, a list. */
export interface RowClock {
  name: string;
  label: AnyLabel;
  state: ClockState;
  due: string | null;
  left_ms?: number | null;
  percent?: number | null;
}
/** On a record. */
export interface RecordClock extends RowClock {
  id: string;
  run: number;
  target: string;
  calendar: string;
  calendar_label?: AnyLabel;
  started_at: string;
  warn?: string | null;
  open_from?: string | null;
  ended_at?: string | null;
  warned_at?: string | null;
  breached_at?: string | null;
  elapsed_ms?: number | null;
  spans: Span[];
}
export type ClockTone = 'late' | 'soon' | 'calm' | 'still' | 'done' | 'off';
export interface ClockWords {
  tone: ClockTone;
  text: string;
  icon: string;
}

const soonMs = 2 * 3600_000;
export const runs = (s: ClockState): boolean => s === 'running' || s === 'warned' || s === 'breached';
export const ended = (s: ClockState): boolean => s === 'met' || s === 'late' || s === 'withdrawn';

/** 35 分, not 35 分钟: what is over is said shortly. */
const shortSpan = (ms: number): string => saySpan(ms).replace(/^(\d+) 分钟$/, '$1 分');

export function sayClock(c: { state: ClockState; due?: string | null; left_ms?: number | null; why?: AnyLabel; open_from?: string | null }, from = now.value): ClockWords {
  if (c.state === 'met') return { tone: 'done', text: t('met'), icon: 'check' };
  if (c.state === 'late') return { tone: 'late', text: t('late'), icon: 'warning' };
  if (c.state === 'withdrawn') return { tone: 'off', text: t('withdrawn'), icon: 'minus' };
  if (c.state === 'paused') {
    const why = label(c.why);
    const text = why ? t('paused_why', { why }) : typeof c.left_ms === 'number' && c.left_ms > 0 ? t('paused_left', { span: saySpan(c.left_ms) }) : t('paused');
    return { tone: 'still', text, icon: 'pause' };
  }
  const due = c.due ? Date.parse(c.due) : NaN;
  if (!Number.isFinite(due)) return { tone: 'calm', text: t('running'), icon: 'clock' };
  const left = due - from;
  if (left < 0 || c.state === 'breached') {
    const over = Math.max(0, -left);
    return { tone: 'late', text: over < 60_000 ? t('over_now') : t('over', { span: shortSpan(over) }), icon: 'warning' };
  }
  const opens = c.open_from ? Date.parse(c.open_from) : NaN;
  if (opens > from) return { tone: 'calm', text: t('opens', { when: sayTime(opens, from) }), icon: 'clock' };
  const tone = left < soonMs || c.state === 'warned' ? 'soon' : 'calm';
  return { tone, text: left < 6 * 3600_000 ? t('left', { span: saySpan(left) }) : t('by', { when: sayTime(due, from) }), icon: 'clock' };
}

/** How much of its time is gone, 0..100, counted on from what the server said at `said`. */
export function shareOf(c: { state: ClockState; due?: string | null; elapsed_ms?: number | null; left_ms?: number | null; percent?: number | null }, said: number, at = now.value): number {
  const e = c.elapsed_ms ?? 0;
  const whole = e + (c.left_ms ?? 0);
  const then = typeof c.percent === 'number' ? c.percent : whole > 0 ? (100 * e) / whole : c.state === 'breached' || c.state === 'late' ? 100 : 0;
  const due = c.due ? Date.parse(c.due) : NaN;
  let p = then;
  if ((c.state === 'running' || c.state === 'warned') && due > said && at > said) p = then + ((100 - then) * Math.min(1, (at - said) / (due - said)));
  return Math.max(0, Math.min(100, Math.round(p)));
}

/** Why it stands still now, as far as its spans say. */
export function whyStill(c: RecordClock): AnyLabel {
  const last = c.spans[c.spans.length - 1];
  return c.state === 'paused' && last && !last.running ? last.why : null;
}

export interface ClockPast {
  at: string;
  text: string;
  tone: 'late' | 'soon' | 'still' | 'done' | 'calm';
}
/** What happened to a clock, oldest first: it ran, it stood still and why, it warned, ran over, ended. */
export function clockPast(c: RecordClock): ClockPast[] {
  const out: ClockPast[] = [{ at: c.started_at, text: t('h_started'), tone: 'calm' }];
  for (const s of c.spans) {
    const span = saySpan(s.ms);
    const open = s.to === null;
    if (s.running) {
      if (!open) out.push({ at: s.from, text: t('h_run', { span }), tone: 'calm' });
      else if (c.spans.length > 1) out.push({ at: s.from, text: t('h_runs', { span }), tone: 'calm' });
      continue;
    }
    const why = label(s.why);
    const key = open ? (why ? 'h_pauses_why' : 'h_pauses') : why ? 'h_pause_why' : 'h_pause';
    out.push({ at: s.from, text: t(key, { span, why }), tone: 'still' });
  }
  if (c.warned_at) out.push({ at: c.warned_at, text: t('h_warned'), tone: 'soon' });
  if (c.breached_at) out.push({ at: c.breached_at, text: t('h_breached'), tone: 'late' });
  if (c.ended_at) out.push({ at: c.ended_at, text: t(c.state === 'met' ? 'h_met' : c.state === 'late' ? 'h_late' : 'h_withdrawn'), tone: c.state === 'met' ? 'done' : c.state === 'late' ? 'late' : 'calm' });
  return out.map((x, i) => ({ x, i })).sort((a, b) => Date.parse(a.x.at) - Date.parse(b.x.at) || a.i - b.i).map((p) => p.x);
}

export function sayDuration(text: string): string {
  const m = /^(\d+)(m|h|d|w|mo|bd)$/.exec(text.trim());
  return m ? t(`u_${m[2] as 'm'}`, { n: m[1]! }) : text;
}
/** A target's words (docs/PACKS.md "Clocks") as people say them; unknown ones stay as they are. */
export function sayTarget(text: string, fieldLabel: (name: string) => string = (n) => n): string {
  const s = text.trim();
  let m: RegExpExecArray | null;
  if (s === 'day end') return t('t_day_end');
  if ((m = /^next(_bd)? (\d\d?:\d\d)$/.exec(s))) return t(m[1] ? 't_next_bd' : 't_next', { at: m[2]! });
  if (s === 'month end') return t('t_month_end');
  if ((m = /^month (\d+)(?: (\d\d?:\d\d))?$/.exec(s))) return m[2] ? t('t_month_at', { d: m[1]!, at: m[2] }) : t('t_month', { d: m[1]! });
  if ((m = /^window (\d+)d\.\.(\d+)d$/.exec(s))) return t('t_window', { a: m[1]!, b: m[2]! });
  if ((m = /^by (\w+)$/.exec(s))) return t('t_by', { field: fieldLabel(m[1]!) });
  return sayDuration(s);
}
export const targetFits = (text: string): boolean =>
  /^(\d+(m|h|d|w|mo|bd)|day end|next(_bd)? ([01]?\d|2[0-3]):[0-5]\d|month end|month ([1-9]|[12]\d|3[01])( ([01]?\d|2[0-3]):[0-5]\d)?|window \d+d\.\.\d+d|by [a-z][a-z0-9_]*|@[a-z][a-z0-9_]*)$/.test(text.trim());

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];
export const dayWord = (d: Weekday): string => t(`d_${d}`);
const longDays: Record<string, Weekday> = { monday: 'mon', tuesday: 'tue', wednesday: 'wed', thursday: 'thu', friday: 'fri', saturday: 'sat', sunday: 'sun' };

export interface Every {
  kind: 'hour' | 'day' | 'workday' | 'week' | 'month' | 'month_last' | 'quarter' | 'year';
  at: string;
  day: number;
  month: number;
  weekday: Weekday;
}
/** `every:` of rules and duties; null: not understood. */
export function readEvery(text: string): Every | null {
  const s = text.trim();
  const base: Every = { kind: 'day', at: '09:00', day: 1, month: 1, weekday: 'mon' };
  let m: RegExpExecArray | null;
  if (s === 'hour') return { ...base, kind: 'hour' };
  const tail = '(?: (\\d\\d:\\d\\d))?$';
  if ((m = new RegExp(`^(day|workday)${tail}`).exec(s))) return { ...base, kind: m[1] as 'day', at: m[2] ?? base.at };
  if ((m = new RegExp(`^(monday|tuesday|wednesday|thursday|friday|saturday|sunday)${tail}`).exec(s))) return { ...base, kind: 'week', weekday: longDays[m[1]!]!, at: m[2] ?? base.at };
  if ((m = new RegExp(`^month last${tail}`).exec(s))) return { ...base, kind: 'month_last', at: m[1] ?? base.at };
  if ((m = new RegExp(`^(month|quarter) (\\d\\d?)${tail}`).exec(s))) return { ...base, kind: m[1] as 'month', day: Number(m[2]), at: m[3] ?? base.at };
  if ((m = new RegExp(`^year (\\d\\d)-(\\d\\d)${tail}`).exec(s))) return { ...base, kind: 'year', month: Number(m[1]), day: Number(m[2]), at: m[3] ?? base.at };
  return null;
}
const two = (n: number): string => String(n).padStart(2, '0');
export function writeEvery(e: Every): string {
  switch (e.kind) {
    case 'hour':
      return 'hour';
    case 'week':
      return `${Object.keys(longDays).find((k) => longDays[k] === e.weekday)!} ${e.at}`;
    case 'month':
    case 'quarter':
      return `${e.kind} ${e.day} ${e.at}`;
    case 'month_last':
      return `month last ${e.at}`;
    case 'year':
      return `year ${two(e.month)}-${two(e.day)} ${e.at}`;
    default:
      return `${e.kind} ${e.at}`;
  }
}
export function sayEvery(text: string): string {
  const e = readEvery(text);
  void lang.value;
  if (!e) return text;
  const p = { at: e.at, d: e.day, m: e.month, day: dayWord(e.weekday) };
  return t(`e_${e.kind}`, p);
}
