// The actions of rules, clocks and transitions as a form has them: what kind each is, and what it needs.
import { isMap, type Json } from '@/core/json';
import { label } from '@/core/i18n';
import type { Field, Type } from '@/core/types';
import { list, map, str, strs, type Decl } from './declared';

/** In the order in which they are offered; what none of them is stays text. */
export const kinds = ['notify', 'set', 'clear', 'assign', 'do', 'create', 'update', 'append', 'fill', 'pass', 'escalate', 'mail', 'sms', 'webhook', 'count', 'close_promises'] as const;
export type ActionKind = (typeof kinds)[number] | 'other';

/** `set` is an action and a part of others. */
export const kindOf = (a: Json): ActionKind => (isMap(a) ? (kinds.find((k) => k !== 'set' && k in a) ?? ('set' in a ? 'set' : 'other')) : 'other');
export function newAction(kind: ActionKind): Decl {
  const start: Record<ActionKind, Decl> = {
    notify: { notify: 'owner', text: '' }, set: { set: {} }, clear: { clear: [] }, assign: { assign: '' }, do: { do: '' }, create: { create: '', set: {} }, escalate: { escalate: ['lead'] },
    update: { update: '', set: {} }, append: { append: '', set: {} }, fill: { fill: '', from: [] }, pass: { pass: '', on: '' }, close_promises: { close_promises: 'kept' },
    mail: { mail: 'customer', template: '' }, sms: { sms: 'customer', text: '' }, webhook: { webhook: '' }, count: { count: '' }, other: {},
  };
  return start[kind];
}
const said = (set: Json | undefined, least = 1): boolean => Object.keys(map(set)).length >= least && Object.values(map(set)).every((v) => str(v) !== '');
/** Whether anything is missing that the action can't do without. */
export function actionFilled(a: Json): boolean {
  if (!isMap(a)) return false;
  const kind = kindOf(a);
  switch (kind) {
    case 'notify':
      return str(a.notify) !== '' && (Boolean(a.text) || Boolean(str(a.template)));
    case 'mail':
      return str(a.mail) !== '' && str(a.template) !== '';
    case 'sms':
      return str(a.sms) !== '' && Boolean(a.text);
    case 'set':
      return said(a.set);
    case 'create':
      return str(a.create) !== '' && said(a.set, 0);
    case 'update':
    case 'append':
      return str(a[kind]) !== '' && said(a.set);
    case 'pass':
      return str(a.pass) !== '' && str(a.on) !== '';
    case 'fill':
      return str(a.fill) !== '' && list(a.from).length > 0 && list(a.from).every((f) => isMap(f) && str(f.of) !== '' && said(f.set));
    case 'clear':
      return strs(a.clear).length > 0;
    case 'escalate':
      return strs(a.escalate).length > 0;
    case 'other':
      return Object.keys(a).length > 0;
    default:
      return str(a[kind]) !== '';
  }
}
/** Fields an action may write: in a record that is made more than in one that is there. */
export function settable(type: Type | undefined, making: boolean): Field[] {
  const never = ['id', 'number', 'state', 'stage', 'version', 'created_at', 'created_by', 'updated_at', ...(making ? [] : ['first_owner'])];
  return Object.values(type?.fields ?? {}).filter((f) => !never.includes(f.name) && !/^clock_.+_(due|state)$/.test(f.name) && f.kind !== 'computed' && (making || (f.kind !== 'table' && f.kind !== 'files')));
}
/** A name nobody has to think of: rule_3. */
export function freeName(stem: string, taken: (name: string) => boolean): string {
  for (let i = 1; ; i++) if (!taken(`${stem}_${i}`)) return `${stem}_${i}`;
}
export interface Pair {
  field: string;
  value: string;
}
export const pairsOf = (v: Json | undefined): Pair[] => Object.entries(map(v)).map(([field, value]) => ({ field, value: str(value) }));
/** true, false and numbers stay what they are; an empty field keeps its line while it is written. */
export function setOf(pairs: Pair[]): Decl {
  const out: Decl = {};
  for (const p of pairs) if (p.field) out[p.field] = /^(true|false)$/.test(p.value) ? p.value === 'true' : /^-?\d+$/.test(p.value) && p.value.length < 16 ? Number(p.value) : p.value;
  return out;
}
export interface Who {
  key: string;
  label: string;
}
/** People an action may reach. */
export function whoChoices(type: Type | undefined, words: (key: 'owner' | 'first_owner' | 'creator' | 'team' | 'lead' | 'customer') => string, roles: Who[], outward: boolean): Who[] {
  const out: Who[] = (['owner', 'first_owner', 'creator', 'team', 'lead'] as const).map((k) => ({ key: k, label: words(k) }));
  if (outward) out.unshift({ key: 'customer', label: words('customer') });
  out.push(...roles.map((r) => ({ key: `role:${r.key}`, label: r.label })));
  for (const f of Object.values(type?.fields ?? {})) if ((f.kind === 'link' || f.kind === 'links') && (f.to === 'user' || f.to === 'team') && !['owner', 'first_owner', 'team', 'created_by'].includes(f.name)) out.push({ key: `field:${f.name}`, label: label(f.label) || f.name });
  return out;
}
/** What sets a rule off, beside times. */
export function triggers(type: Type | undefined, words: (key: 'created' | 'changed' | 'commented') => string, clock: (name: string, at: 'warn' | 'breach') => string): Who[] {
  const out: Who[] = (['created', 'changed', 'commented'] as const).map((k) => ({ key: k, label: words(k) }));
  for (const s of type?.transitions ?? []) out.push({ key: `done:${s.name}`, label: label(s.label) || s.name });
  for (const f of Object.keys(type?.fields ?? {})) {
    const m = /^clock_(.+)_due$/.exec(f);
    if (m) out.push({ key: `clock:${m[1]!}:warn`, label: clock(m[1]!, 'warn') }, { key: `clock:${m[1]!}:breach`, label: clock(m[1]!, 'breach') });
  }
  return out;
}
/** When a rule comes: on what happens, at a field's time, or regularly. */
export type Trigger = 'on' | 'at' | 'every';
export const triggerOf = (d: Decl): Trigger => (d.every !== undefined ? 'every' : d.at !== undefined ? 'at' : 'on');
export interface AtTime {
  field: string;
  sign: '+' | '-';
  shift: string;
  time: string;
}
/** "event_date - 7d 09:00" */
export function readAt(text: string): AtTime | null {
  const m = /^([a-z][a-z0-9_]*)(?:\s*([+-])\s*(@?[a-z0-9_]+))?(?:\s+(\d\d:\d\d))?$/.exec(text.trim());
  return m ? { field: m[1]!, sign: (m[2] as '-') ?? '-', shift: m[3] ?? '', time: m[4] ?? '' } : null;
}
export const writeAt = (a: AtTime): string => [a.field, a.shift ? `${a.sign} ${a.shift}` : '', a.time].filter(Boolean).join(' ');
export const actionsOf = (v: Json | undefined): Decl[] => list(v).filter(isMap);
