// Queues and approval routes as their forms have them. What a form does not know stays as it was, and what was
// written in the short way (one word instead of a list of one) stays so.
import { isMap, type Json } from '@/core/json';
import { label } from '@/core/i18n';
import type { Field, Type } from '@/core/types';
import { list, map, maps, str, strs, withKey, type Decl } from './declared';

/* ---- words in common ---------------------------------------------------------------------------------- */

/** One word may stand without a list; it goes on doing so as long as it is one. */
export function withWords(d: Decl, key: string, words: string[]): Decl {
  const alone = typeof d[key] === 'string' || d[key] === undefined;
  return withKey(d, key, alone && key === 'start' && words.length === 1 ? words[0] : words);
}
/** The same list with one of its items changed, moved or gone. */
export const changed = (all: Decl[], i: number, d: Decl): Decl[] => all.map((x, n) => (n === i ? d : x));
export const without = (all: Decl[], i: number): Decl[] => all.filter((_, n) => n !== i);
export function moved<T>(all: T[], i: number, by: number): T[] {
  const next = [...all];
  const [x] = next.splice(i, 1);
  next.splice(Math.max(0, Math.min(all.length - 1, i + by)), 0, x!);
  return next;
}

/** A time such as 30s, 5m, 2h, 1d, 1w; `0`; or a parameter. */
export type SpanUnit = 's' | 'm' | 'h' | 'd' | 'w' | 'zero' | 'param' | 'other';
export interface Span {
  n: string;
  unit: SpanUnit;
}
export const spanUnits = ['s', 'm', 'h', 'd', 'w'] as const;
export function readSpan(v: Json | undefined): Span {
  const s = str(v).trim();
  const m = /^(\d+)([smhdw])$/.exec(s);
  if (m) return { n: m[1]!, unit: m[2] as SpanUnit };
  if (s === '0') return { n: '0', unit: 'zero' };
  if (s.startsWith('@')) return { n: s.slice(1), unit: 'param' };
  return { n: s, unit: 'other' };
}
export function writeSpan(s: Span): string {
  if (s.unit === 'zero') return '0';
  if (s.unit === 'param') return `@${s.n}`;
  if (s.unit === 'other') return s.n;
  return `${Math.max(1, Math.round(Number(s.n)) || 1)}${s.unit}`;
}
/** Of the steps of `widen`, whose times must rise: in order, where all are times that can be compared. */
const unitMs: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
export function spanSeconds(v: Json | undefined): number | null {
  const s = readSpan(v);
  return s.unit === 'zero' ? 0 : s.unit in unitMs ? Number(s.n) * unitMs[s.unit]! : null;
}

/* ---- queues --------------------------------------------------------------------------------------------- */

/** Whose people: the record's team, whatever team, or some that are named. */
export type TeamsOf = 'record' | 'all' | 'some';
export const teamsOf = (members: Decl): TeamsOf => (members.teams === undefined || members.teams === null ? 'record' : members.teams === 'all' ? 'all' : 'some');
export function withTeams(d: Decl, how: TeamsOf, names: string[]): Decl {
  const members = map(d.members);
  if (how === 'some') return { ...d, members: { ...members, teams: names } };
  return withKey(d, 'members', withKey(members, 'teams', how === 'all' ? 'all' : undefined));
}
export const withMember = (d: Decl, key: 'roles' | 'where', v: Json | undefined): Decl => withKey(d, 'members', withKey(map(d.members), key, v));

export const chooseWords = ['last_agent', 'least_busy', 'round_robin'] as const;
export type ChooseWord = (typeof chooseWords)[number];
export const usualChoose: ChooseWord[] = ['least_busy', 'round_robin'];
/** What is said, in its order; nothing said means the usual. */
export function chooses(d: Decl): ChooseWord[] {
  const said = strs(d.choose).filter((w): w is ChooseWord => (chooseWords as readonly string[]).includes(w));
  return said.length ? said : usualChoose;
}
export function withChoose(d: Decl, word: ChooseWord, on: boolean): Decl {
  const now = chooses(d).filter((w) => w !== word);
  return { ...d, choose: on ? [...now, word] : now.length ? now : [word] };
}
/** The parts of a step of `widen` that are said. */
export const widenParts = ['level', 'teams', 'do', 'to'] as const;
export type WidenPart = (typeof widenParts)[number];
export function withPart(step: Decl, part: WidenPart, on: boolean): Decl {
  const start: Record<WidenPart, Json> = { level: -1, teams: [], do: [{ notify: 'lead', text: '' }], to: '' };
  const next = { ...step };
  if (on) next[part] = start[part];
  else delete next[part];
  return next;
}
export const skillsNamed = (d: Decl): string[] => maps(d.needs).map((n) => str(n.skill)).filter(Boolean);

/* ---- approvals ------------------------------------------------------------------------------------------ */

export type NeedKind = 'all' | 'any' | 'majority' | 'number';
export function needKind(step: Decl): NeedKind {
  const n = str(step.need);
  return n === 'any' || n === 'majority' ? n : /^\d+$/.test(n) ? 'number' : 'all';
}
/** A quorum belongs to a majority alone. */
export function withNeed(step: Decl, kind: NeedKind, n = 2): Decl {
  const next = { ...step, need: kind === 'number' ? n : kind };
  return kind === 'majority' ? next : withKey(next, 'quorum', undefined);
}
/** All at once, or one after the other; both words are left out where nothing is said. */
export function withSerial(step: Decl, on: boolean): Decl {
  return on ? { ...withKey(step, 'parallel', undefined), serial: true } : withKey(step, 'serial', undefined);
}
/** `escalate` goes with `due`. */
export const withDue = (step: Decl, due: string): Decl => (due ? { ...step, due } : withKey(withKey(step, 'due', undefined), 'escalate', undefined));

export type LocksOf = 'none' | 'all' | 'some';
export const locksOf = (d: Decl): LocksOf => (d.locks === 'all' ? 'all' : d.locks === undefined || d.locks === null ? 'none' : 'some');
export function withLocks(d: Decl, how: LocksOf, fields: string[]): Decl {
  return how === 'some' ? { ...d, locks: fields } : withKey(d, 'locks', how === 'all' ? 'all' : undefined);
}
/** Who may be given a seat, or told that it is late. */
export interface SeatChoice {
  key: string;
  label: string;
}
export function seatChoices(type: Type | undefined, word: (k: 'lead' | 'team' | 'owner' | 'first_owner' | 'creator') => string, roles: SeatChoice[], teams: SeatChoice[], users: SeatChoice[]): SeatChoice[] {
  const plain = (type?.uses_work ? (['lead', 'team', 'owner', 'first_owner', 'creator'] as const) : (['creator'] as const)).map((k) => ({ key: k as string, label: word(k) }));
  const fields = Object.values(type?.fields ?? {}).filter((f) => (f.kind === 'link' || f.kind === 'links') && (f.to === 'user' || f.to === 'team') && !['owner', 'first_owner', 'team', 'created_by', 'accountable'].includes(f.name));
  return [...roles.map((r) => ({ key: `role:${r.key}`, label: r.label })), ...plain, ...fields.map((f) => ({ key: `field:${f.name}`, label: label(f.label) || f.name })), ...teams.map((x) => ({ key: `team:${x.key}`, label: x.label })), ...users];
}
const flowFields = ['id', 'number', 'state', 'stage', 'version', 'created_at', 'created_by', 'updated_at', 'first_owner', 'owner', 'accountable'];
/** What a form writes, which a route may lock; and what a voter may be shown. */
export const lockable = (type: Type | undefined): Field[] => Object.values(type?.fields ?? {}).filter((f) => !flowFields.includes(f.name) && !/^clock_.+_(due|state)$/.test(f.name) && f.kind !== 'computed' && !f.system);
export const showable = (type: Type | undefined): Field[] => Object.values(type?.fields ?? {}).filter((f) => !['id', 'version', 'stage'].includes(f.name) && !/^clock_.+_(due|state)$/.test(f.name));
/** Steps that can end a round: possible where one of its beginnings leads. */
export function endings(type: Type | undefined, start: string[]): SeatChoice[] {
  const states = start.map((n) => type?.transitions.find((s) => s.name === n)?.to).filter((s): s is string => Boolean(s));
  return (type?.transitions ?? []).filter((s) => !s.system && !start.includes(s.name) && states.every((at) => !s.from.length || s.from.includes(at))).map((s) => ({ key: s.name, label: label(s.label) || s.name }));
}
/** A new step is numbered; nobody has to think of its name. */
export function newStep(steps: Decl[], zh: string): Decl {
  let i = steps.length + 1;
  while (steps.some((s) => str(s.name) === `step_${i}`)) i++;
  return { name: `step_${i}`, label: zh, who: [], need: 'any' };
}
export const stepsOf = (d: Decl): Decl[] => list(d.steps).filter(isMap);
