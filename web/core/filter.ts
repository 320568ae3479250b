// The filter language in the browser: form visibility and instant checks from the JSON form (docs/PACKS.md,
// "Filters"). The server decides; where a filter rests on what the browser does not have (a masked field, a
// link, a list), the answer is undefined. tests/filter holds one corpus for this file and the server.
import { addDuration, addToDate, dateOf, durationUnit, startOf, type Holidays } from './filter-time';

export type FilterValue =
  | string | number | boolean
  | { path: string } | { var: string } | { now: string } | { today: string };
export type Filter = [string, ...unknown[]];

export interface FilterField {
  name?: string;
  kind: string;
  scale?: number;
  options?: { name: string }[];
  to?: string | null;
  columns?: Record<string, FilterField>;
  is?: unknown; // computed, as a filter; the server does not send it
}
export interface FilterList {
  name: string;
  of: string;
  by: string;
  where?: unknown;
}
export interface FilterType {
  name?: string;
  uses_work?: boolean;
  fields: Record<string, FilterField>;
  lists?: FilterList[];
}
export interface FilterModel {
  types: Record<string, FilterType>;
  parameters?: Record<string, { kind?: string; scale?: number; value: unknown }>;
}
export interface FilterRecord {
  id?: string | null;
  version?: number;
  created_at?: string;
  created_by?: unknown;
  updated_at?: string;
  fields: Record<string, unknown>;
}
export interface FilterEnv {
  model: FilterModel;
  now: number; // ms
  zone: string;
  me?: string | null;
  myTeams?: string[];
  myUnits?: string[];
  sharedTeams?: { team: string; type: string }[]; // type '': for all
  holidays?: Holidays;
  // A linked record: null when there is none, undefined when it is not known here.
  related?: (type: string, id: string) => FilterRecord | null | undefined;
  // The records whose field `by` links to this one; undefined when not known here.
  members?: (of: string, by: string, id: string) => FilterRecord[] | undefined;
}

export const RESERVED = ['and', 'or', 'not', 'in', 'is', 'empty', 'contains', 'any', 'none', 'count', 'all', 'true', 'false', 'now', 'today', 'outer'];
/** Variables that stand for several teams. */
export const TEAMS = ['my_teams', 'my_units', 'shared_teams'];
export const SIGNS = ['=', '<', '<=', '>', '>='];

export type FieldClass =
  | 'text' | 'number' | 'truth' | 'date' | 'instant' | 'choice' | 'choices' | 'link' | 'links' | 'files' | 'table';

export function fieldClass(field: FilterField): FieldClass {
  switch (field.kind) {
    case 'number':
    case 'money': return 'number';
    case 'flag':
    case 'computed': return 'truth';
    case 'date': return 'date';
    case 'datetime': return 'instant';
    case 'choice':
    case 'choices':
    case 'link':
    case 'links':
    case 'files':
    case 'table': return field.kind;
    default: return 'text';
  }
}

export function fieldScale(field: FilterField): number {
  return field.kind === 'money' ? 2 : (field.scale ?? 0);
}

// ---- names --------------------------------------------------------------------------------------

export interface Scope {
  type?: FilterType;
  typeName?: string;
  table?: FilterField;
  up?: Scope;
}
export interface Path {
  up: number;
  links: FilterField[];
  field: FilterField;
  list?: FilterList;
  scope: Scope; // of the members, for a list
}
export class FilterFault extends Error {
  constructor(public readonly code: string, message: string, public at = 0) {
    super(message);
  }
}

const ANY_WORK: FilterType = {
  name: 'work',
  fields: {
    number: { kind: 'text' }, customer: { kind: 'link', to: 'customer' }, first_owner: { kind: 'link', to: 'user' },
    owner: { kind: 'link', to: 'user' }, team: { kind: 'link', to: 'team' }, pending_owner: { kind: 'link', to: 'user' },
    pending_team: { kind: 'link', to: 'team' },
    stage: { kind: 'choice', options: ['open', 'paused', 'done', 'final'].map((name) => ({ name })) },
    state: { kind: 'text' }, due: { kind: 'datetime' }, opened_at: { kind: 'datetime' }, closed_at: { kind: 'datetime' },
    chased: { kind: 'number' }, parent: { kind: 'link', to: 'work' },
  },
};
const BASE: Record<string, FilterField> = {
  version: { kind: 'number' }, created_at: { kind: 'datetime' }, created_by: { kind: 'link', to: 'user' }, updated_at: { kind: 'datetime' },
};

function own<T>(map: Record<string, T> | undefined, name: string): T | undefined {
  return map && Object.hasOwn(map, name) ? map[name] : undefined;
}

export function scopeOf(model: FilterModel, to: string | null | undefined, up?: Scope): Scope {
  const type = to === 'work' ? ANY_WORK : own(model.types, to ?? '');
  if (!type) throw new FilterFault('unknown_name', `${to} is not a type that is known here`);
  return { type, typeName: to ?? '', up };
}

function scopeField(scope: Scope, name: string): FilterField | undefined {
  const fields = scope.table ? scope.table.columns : scope.type?.fields;
  if (!scope.table && scope.type !== ANY_WORK && name === 'id') return { name, kind: 'link', to: scope.typeName };
  const field = own(fields, name);
  if (field) return field.name === name ? field : { ...field, name };
  const base = scope.table || scope.type === ANY_WORK ? undefined : own(BASE, name);
  return base && { ...base, name };
}

function scopeName(scope: Scope): string {
  return scope.table?.name ?? scope.typeName ?? '';
}

// Walks `outer.` and links to the last word.
function walk(model: FilterModel, start: Scope, text: string): { up: number; links: FilterField[]; here: Scope; word: string; at: number } {
  const parts = text.split('.');
  if (parts.length > 8) throw new FilterFault('too_deep', `${text}: at most 8 names in a path`);
  const links: FilterField[] = [];
  let here = start, up = 0, at = 0;
  for (let i = 0; ; i++) {
    const part = parts[i]!, last = i === parts.length - 1;
    if (part === '') throw new FilterFault('syntax', `a name is missing in ${text}`, at);
    if (part === 'outer' && links.length === 0 && !last) {
      if (!here.up) throw new FilterFault('unknown_name', 'outer is only known inside any(), none() and count()', at);
      here = here.up;
      up++;
    } else {
      if (RESERVED.includes(part)) throw new FilterFault('reserved', `${part} is a word of the language, not a name`, at);
      if (last) return { up, links, here, word: part, at };
      const field = scopeField(here, part);
      if (!field) throw new FilterFault('unknown_name', `${part} is not a field of ${scopeName(here)}`, at);
      if (field.kind === 'links' || field.kind === 'table') throw new FilterFault('wrong_type', `${part} holds several: write any(${part}, …)`, at);
      if (field.kind !== 'link') throw new FilterFault('wrong_type', `${part} is not a link: nothing can follow its dot`, at);
      links.push(field);
      here = scopeOf(model, field.to);
    }
    at += part.length + 1;
  }
}

export function resolvePath(model: FilterModel, scope: Scope, text: string): Path {
  const { up, links, here, word, at } = walk(model, scope, text);
  const field = scopeField(here, word);
  if (field) return { up, links, field, scope: here };
  if (!here.table && here.type?.lists?.some((l) => l.name === word)) throw new FilterFault('wrong_type', `${word} is a list: write any(${word}, …)`, at);
  throw new FilterFault('unknown_name', `${word} is not a field of ${scopeName(here)}`, at);
}

export function resolveList(model: FilterModel, scope: Scope, text: string): Path {
  const { up, links, here, word, at } = walk(model, scope, text);
  const list = here.table ? undefined : here.type?.lists?.find((l) => l.name === word);
  if (list) return { up, links, list, field: { name: word, kind: 'list' }, scope: scopeOf(model, list.of, scope) };
  const field = scopeField(here, word);
  if (!field) throw new FilterFault('unknown_name', `${word} is not a list of ${scopeName(here)}`, at);
  if (field.kind === 'table') return { up, links, field, scope: { table: field, up: scope } };
  if (field.kind === 'links') return { up, links, field, scope: scopeOf(model, field.to, scope) };
  throw new FilterFault('wrong_type', `${word} is a ${field.kind}, not a list`, at);
}

// ---- values -------------------------------------------------------------------------------------

// A scaled decimal as a whole number; undefined when it is none or has more decimals.
export function decimal(text: string, scale: number): bigint | undefined {
  const m = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (!m) return undefined;
  const places = (m[3] ?? '').padEnd(scale, '0');
  if (/[1-9]/.test(places.slice(scale))) return undefined;
  const v = BigInt(m[2]! + places.slice(0, scale));
  return m[1] ? -v : v;
}

const UNKNOWN = Symbol('unknown');
type Plain = string | bigint | number | boolean | string[] | Record<string, unknown>[] | null;
type Maybe = Plain | typeof UNKNOWN;
type Truth = boolean | undefined;

function idOf(v: unknown): string | null {
  if (v === null || v === undefined || v === '') return null;
  if (typeof v === 'object') return idOf((v as { id?: unknown }).id);
  return String(v);
}

// What the wire holds, in one form for each class.
function read(field: FilterField, v: unknown): Maybe {
  const c = fieldClass(field);
  if (v !== null && typeof v === 'object' && 'masked' in v) return UNKNOWN;
  if (v === null || v === undefined || v === '') return c === 'truth' ? false : null;
  switch (c) {
    case 'number': return decimal(typeof v === 'number' ? v.toFixed(fieldScale(field)) : String(v), fieldScale(field)) ?? UNKNOWN;
    case 'truth': return v === true;
    case 'instant': return Number.isNaN(Date.parse(String(v))) ? UNKNOWN : Date.parse(String(v));
    case 'link': return idOf(v);
    case 'choices': return Array.isArray(v) && v.length ? v.map(String) : null;
    case 'links':
    case 'files': return Array.isArray(v) && v.length ? v.map((x) => idOf(x) ?? '') : null;
    case 'table': return Array.isArray(v) && v.length ? (v as Record<string, unknown>[]) : null;
    default: return String(v);
  }
}

interface Resolved {
  op: string;
  v: Maybe;
  never: boolean;
}

function between(r: Resolved): void {
  if (r.op === '=') r.never = true;
  r.op = r.op === '<' ? '<=' : r.op === '>=' ? '>' : r.op;
}

function parameter(env: FilterEnv, name: string, field: FilterField | null, r: Resolved): void {
  const p = own(env.model.parameters, name);
  r.v = null;
  if (!p || p.value === null || p.value === undefined || p.value === '') return;
  if (field && fieldClass(field) === 'truth') {
    r.v = p.value === true;
    return;
  }
  if (!field || fieldClass(field) !== 'number') {
    r.v = field ? String(p.value) : Number(p.value);
    return;
  }
  // To the field's scale; what lies between two steps moves the comparison to the step below.
  const scale = fieldScale(field), text = String(p.value), places = /\.(\d+)/.exec(text)?.[1]?.length ?? 0;
  const fine = decimal(text, Math.max(places, scale));
  if (fine === undefined) return;
  const unit = 10n ** BigInt(Math.max(places - scale, 0)), rest = ((fine % unit) + unit) % unit;
  r.v = (fine - rest) / unit;
  if (rest !== 0n) between(r);
}

// now, today: an instant (number) or a date (string).
function timeWord(env: FilterEnv, value: { now?: string; today?: string }): number | string | null {
  const offset = value.now ?? value.today ?? '', negative = offset.startsWith('-');
  let duration = offset.slice(1);
  if (duration.startsWith('@')) duration = String(own(env.model.parameters, duration.slice(1))?.value ?? '');
  const holidays = env.holidays ?? {};
  if (offset !== '' && !durationUnit(duration)) return null;
  if (value.now !== undefined) return offset === '' ? env.now : addDuration(env.now, duration, negative, env.zone, holidays);
  const date = dateOf(env.now, env.zone);
  if (offset === '') return date;
  const unit = durationUnit(duration);
  if (unit === 'm' || unit === 'h') return addDuration(startOf(date, env.zone), duration, negative, env.zone, holidays);
  return addToDate(date, duration, negative, holidays);
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;

function fitTime(env: FilterEnv, field: FilterField, v: number | string | null, r: Resolved): void {
  r.v = v;
  if (field.kind === 'datetime' && typeof v === 'string') {
    r.v = DATE.test(v) ? startOf(v, env.zone) : Date.parse(v);
  } else if (field.kind === 'date' && typeof v === 'number') {
    const date = dateOf(v, env.zone);
    if (startOf(date, env.zone) !== v) between(r);
    r.v = date;
  }
}

// A value that is no path, for a comparison with this field (null: as it is).
function resolveValue(env: FilterEnv, field: FilterField | null, op: string, value: unknown): Resolved {
  const r: Resolved = { op, v: null, never: false };
  const c = field ? fieldClass(field) : null;
  if (value !== null && typeof value === 'object') {
    const named = value as { var?: string; now?: string; today?: string };
    if (named.var === 'me') r.v = env.me || null;
    else if (named.var !== undefined) parameter(env, named.var, field, r);
    else if (field) fitTime(env, field, timeWord(env, named), r);
  } else if (field && (c === 'date' || c === 'instant')) {
    fitTime(env, field, String(value), r);
  } else {
    r.v = field ? read(field, value) : String(value);
  }
  if (c === 'truth' && r.v === null) r.v = false;
  if (r.v === null) r.never = true;
  return r;
}

// By code point, as both databases order text.
function textOrder(a: string, b: string): number {
  const x = Array.from(a), y = Array.from(b);
  for (let i = 0; i < x.length && i < y.length; i++) {
    const d = x[i]!.codePointAt(0)! - y[i]!.codePointAt(0)!;
    if (d) return Math.sign(d);
  }
  return Math.sign(x.length - y.length);
}

function ordered(op: string, d: number): boolean {
  return op === '=' ? d === 0 : op === '<' ? d < 0 : op === '<=' ? d <= 0 : op === '>' ? d > 0 : d >= 0;
}

function compare(left: FilterField, a: Plain, op: string, right: FilterField, b: Plain): boolean {
  switch (fieldClass(left)) {
    case 'number': {
      const scale = Math.max(fieldScale(left), fieldScale(right));
      const x = (a as bigint) * 10n ** BigInt(scale - fieldScale(left)), y = (b as bigint) * 10n ** BigInt(scale - fieldScale(right));
      return ordered(op, x < y ? -1 : x > y ? 1 : 0);
    }
    case 'choice': {
      if (op === '=') return a === b;
      const x = (left.options ?? []).findIndex((o) => o.name === a), y = (right.options ?? []).findIndex((o) => o.name === b);
      return x >= 0 && y >= 0 && ordered(op, x - y);
    }
    case 'instant': return ordered(op, (a as number) - (b as number));
    case 'text':
    case 'date': return ordered(op, textOrder(a as string, b as string));
    default: return a === b;
  }
}

// ---- truth --------------------------------------------------------------------------------------

interface Frame {
  scope: Scope;
  record?: FilterRecord;
  line?: Record<string, unknown>;
  up?: Frame;
}

const and = (list: Iterable<Truth>): Truth => {
  let unknown = false;
  for (const t of list) {
    if (t === false) return false;
    unknown ||= t === undefined;
  }
  return unknown ? undefined : true;
};
const not = (t: Truth): Truth => (t === undefined ? undefined : !t);

class Evaluation {
  private computed = 0;
  constructor(private readonly env: FilterEnv) {}

  private up(frame: Frame, n: number): Frame {
    for (; n > 0 && frame.up; n--) frame = frame.up;
    return frame;
  }

  private valueIn(frame: Frame, field: FilterField): Maybe {
    const name = field.name ?? '';
    if (frame.line) return read(field, frame.line[name]);
    const record = frame.record!;
    if (name === 'id') return idOf(record.id);
    if (Object.hasOwn(BASE, name)) return read(field, (record as unknown as Record<string, unknown>)[name]);
    if (field.kind === 'computed') return this.computedIn(frame, field);
    return read(field, record.fields[name]);
  }

  private computedIn(frame: Frame, field: FilterField): Maybe {
    if (!field.is) {
      const known = frame.record?.fields[field.name ?? ''];
      return typeof known === 'boolean' ? known : UNKNOWN;
    }
    if (++this.computed > 16) throw new FilterFault('too_deep', `${field.name} rests on itself`);
    const t = this.node({ ...frame, up: undefined }, field.is as Filter);
    this.computed--;
    return t ?? UNKNOWN;
  }

  // The frame at the end of a path's links; null: a link is empty.
  private follow(frame: Frame, path: Path): Frame | null | typeof UNKNOWN {
    let here = this.up(frame, path.up);
    for (const link of path.links) {
      const id = this.valueIn(here, link);
      if (id === null) return null;
      const record = id === UNKNOWN ? undefined : this.env.related?.(link.to ?? '', id as string);
      if (record === undefined) return UNKNOWN;
      if (record === null) return null;
      here = { scope: scopeOf(this.env.model, link.to), record };
    }
    return here;
  }

  private value(frame: Frame, path: Path): Maybe {
    const here = this.follow(frame, path);
    if (here === UNKNOWN) return UNKNOWN;
    if (here === null) return fieldClass(path.field) === 'truth' ? false : null;
    return this.valueIn(here, path.field);
  }

  private leaf(frame: Frame, op: string, path: Path, value: unknown): Truth {
    const left = path.field, have = this.value(frame, path);
    if (op === 'empty') {
      // An empty flag is empty as well as false.
      if (left.kind === 'flag') return this.flagIsEmpty(frame, path);
      return have === UNKNOWN ? undefined : have === null;
    }
    let right = left, r: Resolved;
    if (value !== null && typeof value === 'object' && 'path' in value) {
      const other = resolvePath(this.env.model, frame.scope, (value as { path: string }).path);
      right = other.field;
      r = { op, v: this.value(frame, other), never: false };
    } else {
      r = resolveValue(this.env, op === 'contains' && fieldClass(left) !== 'text' ? null : left, op, value);
    }
    if (r.never || have === null || r.v === null) return false;
    if (have === UNKNOWN || r.v === UNKNOWN) return undefined;
    if (op !== 'contains') return compare(left, have, r.op, right, r.v);
    return Array.isArray(have) ? (have as string[]).includes(String(r.v)) : (have as string).includes(String(r.v));
  }

  private flagIsEmpty(frame: Frame, path: Path): Truth {
    const here = this.follow(frame, path);
    if (here === UNKNOWN) return undefined;
    if (here === null) return true;
    const v = here.line ? here.line[path.field.name ?? ''] : here.record?.fields[path.field.name ?? ''];
    return v === null || v === undefined;
  }

  private inList(frame: Frame, path: Path, values: unknown): Truth {
    if (!Array.isArray(values)) {
      const have = this.value(frame, path);
      return have === UNKNOWN ? undefined : have !== null && this.teams((values as { var: string }).var, path.scope).includes(have as string);
    }
    return not(and(values.map((v) => not(this.leaf(frame, '=', path, v)))));
  }

  // What is shared for one type only counts where the team is a field of it.
  private teams(name: string, scope: Scope): string[] {
    if (name !== 'shared_teams') return (name === 'my_units' ? this.env.myUnits : this.env.myTeams) ?? [];
    let at: Scope | undefined = scope;
    while (at && !at.typeName) at = at.up;
    return (this.env.sharedTeams ?? []).filter((s) => s.type === '' || s.type === at?.typeName).map((s) => s.team);
  }

  private members(frame: Frame, path: Path): Frame[] | undefined {
    const owner = this.follow(frame, path);
    if (owner === UNKNOWN) return undefined;
    if (owner === null) return [];
    if (path.list) {
      const id = this.valueIn(owner, { name: 'id', kind: 'link' });
      if (id === null) return [];
      const records = this.env.members?.(path.list.of, path.list.by, id as string);
      return records?.map((record) => ({ scope: path.scope, record, up: frame }));
    }
    const have = this.valueIn(owner, path.field);
    if (have === UNKNOWN) return undefined;
    if (path.field.kind === 'table') return ((have ?? []) as Record<string, unknown>[]).map((line) => ({ scope: path.scope, line, up: frame }));
    const frames: Frame[] = [];
    for (const id of (have ?? []) as string[]) {
      const record = this.env.related?.(path.field.to ?? '', id);
      if (record === undefined) return undefined;
      if (record) frames.push({ scope: path.scope, record, up: frame });
    }
    return frames;
  }

  private list(frame: Frame, f: Filter): Truth {
    const path = resolveList(this.env.model, frame.scope, f[1] as string), sub = f[2] as Filter | null | undefined;
    const members = this.members(frame, path);
    if (!members) return undefined;
    let yes = 0, maybe = 0;
    for (const m of members) {
      const parts: Truth[] = [];
      if (path.list?.where) parts.push(this.node({ ...m, up: undefined }, path.list.where as Filter));
      if (sub) parts.push(this.node(m, sub));
      const t = and(parts);
      yes += t === true ? 1 : 0;
      maybe += t === undefined ? 1 : 0;
    }
    if (f[0] !== 'count') {
      const any: Truth = yes > 0 ? true : maybe > 0 ? undefined : false;
      return f[0] === 'any' ? any : not(any);
    }
    if (maybe > 0) return undefined;
    const sign = f[3] as string, n = typeof f[4] === 'object' ? resolveValue(this.env, null, '=', f[4]).v : Number(f[4]);
    const holds = n !== null && ordered(sign === '!=' ? '=' : sign, yes - Number(n));
    return sign === '!=' ? !holds : holds;
  }

  node(frame: Frame, f: Filter): Truth {
    switch (f[0]) {
      case 'all': return true;
      case 'and': return and(f.slice(1).map((x) => this.node(frame, x as Filter)));
      case 'or': return not(and(f.slice(1).map((x) => not(this.node(frame, x as Filter)))));
      case 'not': return not(this.node(frame, f[1] as Filter));
      case 'any':
      case 'none':
      case 'count': return this.list(frame, f);
    }
    const path = resolvePath(this.env.model, frame.scope, f[1] as string);
    if (f[0] === 'in') return this.inList(frame, path, f[2]);
    if (f[0] === '!=') return not(this.leaf(frame, '=', path, f[2]));
    if (f[0] === 'empty' || f[0] === 'contains' || SIGNS.includes(f[0])) return this.leaf(frame, f[0], path, f[2]);
    throw new FilterFault('syntax', `${String(f[0])} is not an operator`);
  }
}

// Does the filter hold for this record? undefined: only the server knows. A name the model does not have
// (a field hidden from this user, say) is not known here either.
export function holds(filter: unknown, typeName: string, record: FilterRecord, env: FilterEnv): boolean | undefined {
  if (filter === null || filter === undefined) return true;
  try {
    return new Evaluation(env).node({ scope: scopeOf(env.model, typeName), record }, filter as Filter);
  } catch (e) {
    if (e instanceof FilterFault) return undefined;
    throw e;
  }
}
