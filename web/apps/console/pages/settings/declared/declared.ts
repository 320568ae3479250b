// What packs and administrators declare about time, as docs/API.md "Declarations" has it: read, checked without
// saving, saved, taken back.
import { get, path, post, put, remove, upload } from '@/core/api';
import { isMap, type Json } from '@/core/json';
import type { AnyLabel } from '@/core/types';

export type SectionName = 'clocks' | 'rules' | 'duties' | 'calendars' | 'holidays' | 'notices' | 'queues' | 'approvals';
export type Decl = { [key: string]: Json };
export interface Declared {
  name: string;
  type: string | null;
  label: AnyLabel;
  pack: string;
  path: string;
  line: number;
  end_line: number;
  version: string;
  off?: boolean;
  yaml: string;
  json: Decl;
  running?: number;
  breached?: number;
  fired_30d?: number;
}
export interface Problem {
  path?: string;
  line: number | null;
  message: string;
}
export interface Shift {
  id: string;
  type: string;
  number: string | null;
  old_due: string | null;
  new_due: string | null;
}
export interface Effect {
  running?: number;
  moved?: number;
  breached_now?: number;
  /** On open records it would begin to run, so many of them past their time already. */
  starts?: number;
  starts_breached?: number;
  rows?: Shift[];
  next?: { at: string; due: string | null }[];
  more?: boolean;
  /** Of a queue: what would wait in it, and how many could be asked. */
  waits?: number;
  people?: number;
  /** Of a route: who would sit in each step; null: that depends on the record. */
  steps?: { name: string; label: AnyLabel; people: number | null }[];
  example?: { subject: { zh?: string | null; en?: string | null } | null; text: { zh?: string | null; en?: string | null } | null; record: { id: string; type: string } | null } | null;
}
export interface Check {
  ok: boolean;
  problems: Problem[];
  text?: { before: string | null; after: string | null } | null;
  effect?: Effect | null;
  json?: Decl | null;
  yaml?: string | null;
}
export interface Body {
  name: string;
  type?: string | null;
  pack?: string;
  path?: string;
  json?: Decl;
  yaml?: string;
  note?: string;
}
export interface Version {
  id: string;
  at: string;
  actor: { id: string; label: string } | string | null;
  note: string | null;
  bytes: number;
}
export interface Fired {
  at: string;
  /** Null: he may not read it. */
  id: string | null;
  type: string;
  number: string | null;
  title: string | null;
  event: { kind: string } | null;
}
export interface DryRun {
  fired: number;
  records: number;
  looked_at: number;
  stopped: boolean;
  /** Conditions that rest on other records, which are read as they are today. */
  as_today?: string[];
  rows: Fired[];
}

export const fetchDeclared = (s: SectionName): Promise<{ generation: string | number; list: Declared[] }> => get(path('declared', s));
export const checkDeclared = (s: SectionName, body: Body): Promise<Check> => post(path('declared', s, 'check'), body);
export const saveDeclared = (s: SectionName, body: Body): Promise<{ change: string; effect?: Effect | null }> => put(path('declared', s), body);
export const removeDeclared = (s: SectionName, name: string, type: string | null): Promise<unknown> => remove(path('declared', s), { name, type });
export const dryRun = (body: { type: string; json?: Decl; yaml?: string; from: string; to: string }): Promise<DryRun> => post(path('declared', 'rules', 'dry-run'), body);
export const fetchVersions = (pack: string, file: string): Promise<{ rows: Version[]; next: string | null }> => get(path('packs', 'versions'), { pack, path: file });
export const fetchVersion = (id: string): Promise<{ text: string; diff: string }> => get(path('packs', 'versions', id));
export const restoreVersion = (id: string): Promise<unknown> => post(path('packs', 'versions', id, 'restore'));

export interface ImportDay {
  date: string;
  off: boolean;
  name: string | null;
  was?: string | null;
}
export const importHolidays = (holidays: string, file: Blob, save: boolean): Promise<{ days: ImportDay[]; added: number; changed: number; effect?: Effect | null }> =>
  upload(path('calendars', 'import'), { holidays, save: save ? 1 : null }, file);

/** What is sent of a declaration: where it stands, and its form or its text. */
export function bodyOf(d: { name: string; type: string | null; pack?: string; path?: string }, as: 'form' | 'text', json: Decl, yaml: string): Body {
  return { name: d.name, ...(d.type ? { type: d.type } : {}), ...(d.pack ? { pack: d.pack } : {}), ...(d.path ? { path: d.path } : {}), ...(as === 'form' ? { json } : { yaml }) };
}

/* ---- values of a declaration ------------------------------------------------------------------------ */

export const str = (v: Json | undefined): string => (typeof v === 'string' ? v : typeof v === 'number' || typeof v === 'boolean' ? String(v) : '');
export const list = (v: Json | undefined): Json[] => (Array.isArray(v) ? v : v === null || v === undefined || v === '' ? [] : [v]);
export const strs = (v: Json | undefined): string[] => list(v).map(str).filter(Boolean);
export const map = (v: Json | undefined): Decl => (isMap(v) ? v : {});
export const maps = (v: Json | undefined): Decl[] => list(v).filter(isMap);
export const truthy = (v: Json | undefined): boolean => v === true || v === 'true';
export const zhOf = (v: Json | undefined): string => (isMap(v) ? str(v.zh) : str(v));
export const enOf = (v: Json | undefined): string => (isMap(v) ? str(v.en) : '');
/** 中文, or both. */
export const labelOf = (zh: string, en: string): Json => (en.trim() ? { zh: zh.trim(), en: en.trim() } : zh.trim());

/** With a key set, or taken away where the value says nothing. */
export function withKey(d: Decl, key: string, value: Json | undefined): Decl {
  const next = { ...d };
  const nothing = value === null || value === undefined || value === '' || (Array.isArray(value) && !value.length) || (isMap(value) && !Object.keys(value).length);
  if (nothing) delete next[key];
  else next[key] = value;
  return next;
}
const nameLike = /^[a-z][a-z0-9_]{0,47}$/;
export const nameFits = (s: string): boolean => nameLike.test(s);
