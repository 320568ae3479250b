// The workbench as it comes from GET /work, and which of the possible steps lie open on a row.
import { sayClock, type RowClock } from '@/core/clock';
import type { AnyLabel, Ref, Stage } from '@/core/types';

export interface WorkRow {
  id: string;
  type: string;
  number: string | null;
  title: string | null;
  customer: Ref | null;
  state: string;
  stage: Stage | null;
  priority: string | null;
  due: string | null;
  owner: Ref | null;
  version?: number | string;
  why: AnyLabel;
  why_code: string;
  minutes: number | null;
  may: string[];
  /** The one that ends first. */
  clock?: RowClock | null;
  /** Of what waits for him: since when, and who made it wait. */
  at?: string | null;
  by?: Ref | null;
  /** What rings: its offer, and until when. */
  offer?: string;
  until?: string | null;
  /** A seat in this round of approval is his. */
  approval?: string;
}
export interface WorkGroup {
  key: string;
  label: AnyLabel;
  n: number;
  more: boolean;
  rows: WorkRow[];
}
export interface Work {
  groups: WorkGroup[];
  counts: Record<string, number>;
}

/** What others wait for him to answer; these come first, as one. */
const answers = new Set(['offer', 'hand_over', 'approval', 'returned', 'chased']);
export interface Block {
  key: 'answer' | 'own';
  groups: WorkGroup[];
  n: number;
}
export function blocksOf(groups: WorkGroup[]): Block[] {
  const block = (key: Block['key'], of: WorkGroup[]): Block => ({ key, groups: of, n: of.reduce((n, g) => n + g.n, 0) });
  return [block('answer', groups.filter((g) => answers.has(g.key))), block('own', groups.filter((g) => !answers.has(g.key)))].filter((b) => b.groups.length);
}

/** What moves a matter on comes first; what is rare is behind “more”. */
const first = [
  'accept_hand_over', 'accept', 'take', 'refuse_hand_over', 'decline', 'keep', 'remind', 'check', 'rework', 'inform', 'confirm', 'solve', 'complete', 'arrive', 'contact', 'reply',
  'judge', 'fix_liability', 'investigate', 'propose', 'approve', 'send_back', 'told', 'resume', 'archive', 'change', 'no_answer', 'appoint', 'urge', 'assign', 'not_reached', 'dispatch', 'promise',
];
const forOthers = ['keep', 'urge', 'assign', 'take', 'told'];

export function openSteps(row: WorkRow, room = 2): string[] {
  const rank = (s: string): number => (first.indexOf(s) < 0 ? 99 : first.indexOf(s));
  const order = row.why_code === 'unaccepted' ? [...row.may].sort((a, b) => Number(b === 'urge') - Number(a === 'urge') || rank(a) - rank(b)) : [...row.may].sort((a, b) => rank(a) - rank(b));
  return order.filter((s) => rank(s) < 99 && (row.why_code !== 'unaccepted' || forOthers.includes(s) || s === 'redispatch')).slice(0, room);
}
export type Tone = 'late' | 'soon' | 'calm';
export function toneOf(row: WorkRow): Tone {
  if (row.why_code === 'after') return 'calm';
  const clock = row.clock ? sayClock(row.clock).tone : 'calm';
  if (clock === 'late') return 'late';
  if (row.minutes === null) return clock === 'soon' ? 'soon' : 'calm';
  return row.minutes < 0 ? 'late' : row.minutes <= 120 || clock === 'soon' ? 'soon' : 'calm';
}
/** The words of the row tell the very time at which its clock ends: once is enough. */
export function saysDue(row: WorkRow): boolean {
  if (!row.due || !row.clock?.due || row.clock.state === 'paused' || ['hand_over', 'unaccepted', 'pool', 'waiting', 'after'].includes(row.why_code)) return false;
  return Math.abs(Date.parse(row.due) - Date.parse(row.clock.due)) < 60_000;
}
export const idsOf = (w: Work): string => w.groups.flatMap((g) => g.rows.map((r) => `${g.key}/${r.id}`)).join(' ');
