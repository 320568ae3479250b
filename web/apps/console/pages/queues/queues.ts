// The board of the queues as GET /queues has it, and what is worked out from it.
import { lang } from '@/core/i18n';
import { saySpan } from '@/core/time';
import type { AnyLabel, Ref } from '@/core/types';

export interface QueueSkill {
  name: string;
  label: AnyLabel;
  level: number;
}
export interface QueuePerson {
  id: string;
  label: string;
  presence: string | null;
  /** His presence takes offers. */
  takes: boolean;
  load: number;
  capacity: number;
  ringing: boolean;
  skills: QueueSkill[];
  absent: boolean;
}
export interface QueueRow {
  id: string;
  type: string;
  number: string | null;
  /** Null: he may not read it. */
  title: string | null;
  priority: string | null;
  class: number;
  since: string;
  step: number;
  needs: string[];
  offered_to: Ref | null;
  until: string | null;
}
export interface Queue {
  name: string;
  label: AnyLabel;
  type: string;
  waiting: number;
  oldest_since: string | null;
  longest_ms: number;
  ringing: number;
  today: { in: number; timed_out: number; assigned: number; wait_mean_ms: number | null; wait_p95_ms: number | null };
  people: QueuePerson[];
  rows: QueueRow[];
}
export interface Queues {
  at: string;
  queues: Queue[];
}

const two = (n: number): string => String(n).padStart(2, '0');
/** 0:07, 12:30, 1:05:00; from a day on in words. */
export function sayWait(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 3600) return `${Math.floor(s / 60)}:${two(s % 60)}`;
  if (s < 86_400) return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  return saySpan(ms);
}
/** A figure of the day: seconds as seconds, then minutes. */
export function sayFigure(ms: number | null): string {
  if (ms === null) return '';
  const s = Math.round(ms / 1000);
  if (s < 60) return lang.value === 'zh' ? `${s} 秒` : `${s} s`;
  if (s < 600 && s % 60) return lang.value === 'zh' ? `${Math.floor(s / 60)} 分 ${s % 60} 秒` : `${Math.floor(s / 60)} min ${s % 60} s`;
  return saySpan(s * 1000);
}
export const soonWaitMs = 5 * 60_000;
export const lateWaitMs = 15 * 60_000;
export const toneOf = (ms: number): 'late' | 'soon' | '' => (ms >= lateWaitMs ? 'late' : ms >= soonWaitMs ? 'soon' : '');

export const isFull = (p: QueuePerson): boolean => p.load >= p.capacity;
export const isFree = (p: QueuePerson): boolean => p.takes && !p.absent && !p.ringing && !isFull(p);
/** How full somebody is, 0 to 1; who may hold nothing is full. */
export const fillOf = (p: QueuePerson): number => (p.capacity > 0 ? Math.min(1, p.load / p.capacity) : 1);

/** Those who take offers or hear one ring come first, the freest on top; the others are folded away. */
export function sidesOf(people: QueuePerson[]): { here: QueuePerson[]; away: QueuePerson[] } {
  const isHere = (p: QueuePerson): boolean => p.ringing || (!p.absent && p.presence !== null && p.presence !== 'offline');
  const rank = (p: QueuePerson): number => (p.ringing ? 0 : isFree(p) ? 1 : p.takes ? 2 : 3);
  const here = people.filter(isHere).sort((a, b) => rank(a) - rank(b) || fillOf(a) - fillOf(b));
  return { here, away: people.filter((p) => !isHere(p)) };
}

export interface Need {
  skill: string;
  level: number;
}
/** "repair:2" */
export function needOf(text: string): Need {
  const at = text.lastIndexOf(':');
  const level = at < 0 ? NaN : Number(text.slice(at + 1));
  return Number.isInteger(level) ? { skill: text.slice(0, at), level } : { skill: text, level: 1 };
}
const order = ['urgent', 'high', 'normal', 'low'];
/** Its class is above what its priority alone would give. */
export const isLifted = (r: QueueRow): boolean => r.priority !== null && order.indexOf(r.priority) > r.class;
/** The one that hurts most is shown first, where nobody chose. */
export function worst(list: Queue[]): Queue | undefined {
  return list.reduce<Queue | undefined>((w, q) => (!w || q.longest_ms > w.longest_ms ? q : w), undefined);
}
export const rowKey = (r: QueueRow): string => `${r.type}/${r.id}`;
/** Longest waits go on by themselves between two answers. */
export const waitedMs = (since: string | null, now: number): number => (since ? Math.max(0, now - Date.parse(since)) : 0);
