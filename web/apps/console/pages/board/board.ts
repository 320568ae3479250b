// The supervisor's board as it comes from GET /board, and what is shown of it.
import type { RowClock } from '@/core/clock';
import type { AnyLabel, Ref } from '@/core/types';

export interface BoardRow {
  id: string;
  type: string;
  number: string | null;
  title: string | null;
  customer: Ref | null;
  /** Who does it; null where a team was sent it and has not taken it: then `sent_by` waits for them. */
  owner: Ref | null;
  sent_by?: Ref | null;
  team: Ref | null;
  priority: string | null;
  state: string | null;
  clock: RowClock;
}
export interface BoardPerson {
  /** Null: the team's pool. */
  id: string | null;
  label: string | null;
  presence: string | null;
  breached: number;
  soon: number;
  running: number;
  oldest_due: string | null;
}
export interface BoardTeam {
  id: string | null;
  label: AnyLabel;
  breached: number;
  soon: number;
  running: number;
  people: BoardPerson[];
}
export interface Board {
  at: string;
  /** more: there are more clocks than were counted, the figures are the least there are. */
  totals: { breached: number; soon: number; running: number; paused: number; more?: boolean };
  teams: BoardTeam[];
  rows: BoardRow[];
  next: string | null;
}

export const withins = ['1h', '4h', '8h', '1d', '3d'] as const;

export const keyOf = (r: BoardRow): string => `${r.type}/${r.id}/${r.clock.name}`;
export const orderOf = (b: Board): string => b.rows.map(keyOf).join(' ');

export type SectionKey = 'breached' | 'soon' | 'running' | 'paused';
/** Over, soon over, the rest: in the order in which they came. A clock that has passed its due time meanwhile is over. */
export function sectionOf(r: BoardRow, now: number): SectionKey {
  if (r.clock.state === 'paused') return 'paused';
  if (r.clock.state === 'breached' || (r.clock.due && Date.parse(r.clock.due) <= now)) return 'breached';
  return r.clock.state === 'warned' ? 'soon' : 'running';
}
export interface Section {
  key: SectionKey;
  rows: BoardRow[];
}
export function sections(rows: BoardRow[], soonUntil: number, now: number): Section[] {
  const by: Record<SectionKey, BoardRow[]> = { breached: [], soon: [], running: [], paused: [] };
  for (const r of rows) {
    const s = sectionOf(r, now);
    by[s === 'running' && r.clock.due && Date.parse(r.clock.due) <= soonUntil ? 'soon' : s].push(r);
  }
  return (['breached', 'soon', 'running', 'paused'] as const).map((key) => ({ key, rows: by[key] })).filter((s) => s.rows.length);
}
/** The figures of the totals and of the sections: what was counted, and what has passed its time since. "10001+" where not all was counted. */
export function figures(b: Board, rows: BoardRow[], soonFor: number, now: number): Record<SectionKey, string> {
  const at = Date.parse(b.at);
  const size = (time: number): Map<SectionKey, number> => new Map(sections(rows, time + soonFor, time).map((s) => [s.key, s.rows.length]));
  const was = size(at);
  const is = size(now);
  const say = (key: SectionKey): string => `${b.totals[key] + (is.get(key) ?? 0) - (was.get(key) ?? 0)}${b.totals.more ? '+' : ''}`;
  return { breached: say('breached'), soon: say('soon'), running: say('running'), paused: say('paused') };
}
/** Chosen rows by type: what is done to many is done to one type at a time; a record with two clocks is one record. */
export function idsByType(rows: BoardRow[], picked: Set<string>): Map<string, string[]> {
  const out = new Map<string, string[]>();
  for (const r of rows) {
    if (!picked.has(keyOf(r))) continue;
    const ids = out.get(r.type) ?? [];
    if (!ids.includes(r.id)) out.set(r.type, [...ids, r.id]);
  }
  return out;
}
/** The newest answer for the same rows keeps what was paged in below. */
export function mergeRows(before: BoardRow[], first: BoardRow[]): BoardRow[] {
  const have = new Set(first.map(keyOf));
  return [...first, ...before.slice(first.length).filter((r) => !have.has(keyOf(r)))];
}
export const durationMs = (d: string): number => {
  const m = /^(\d+)(m|h|d)$/.exec(d);
  return m ? Number(m[1]) * { m: 60_000, h: 3600_000, d: 86_400_000 }[m[2] as 'm'] : 0;
};
