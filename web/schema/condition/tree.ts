// A filter as the tree that the condition builder shows: groups, conditions, lists. What is not filled in yet
// stays in the tree and out of the filter. Tree → filter → text → filter → tree gives the same conditions.
import {
  fieldClass, resolveList, resolvePath, scopeOf, TEAMS,
  type FieldClass, type Filter, type FilterField, type FilterModel, type Scope,
} from '@/core/filter';
import { parseFilterIn, printFilterIn } from '@/core/filter-text';

export type Op =
  | 'is' | 'is_not' // one of several: choices, links, texts, numbers
  | '=' | '!=' | '<' | '<=' | '>' | '>=' | 'contains' | 'not_contains' | 'empty' | 'not_empty';
export type Special = { path: string } | { var: string } | { now: string } | { today: string };
export type Val = Special | string | number | boolean | (string | number)[] | null;

export interface Leaf {
  kind: 'leaf';
  id: number;
  path: string;
  op: Op;
  value: Val;
}
export interface ListCond {
  kind: 'list';
  id: number;
  fn: 'any' | 'none' | 'count';
  list: string;
  sign: '=' | '!=' | '<' | '<=' | '>' | '>=';
  n: number | { var: string };
  sub: Group;
}
export interface Group {
  kind: 'group';
  id: number;
  op: 'and' | 'or';
  not: boolean;
  kids: Cond[];
}
export type Cond = Leaf | ListCond | Group;

let last = 0;
const id = (): number => ++last;
export const newGroup = (op: 'and' | 'or' = 'and', kids: Cond[] = []): Group => ({ kind: 'group', id: id(), op, not: false, kids });
export const newLeaf = (path = ''): Leaf => ({ kind: 'leaf', id: id(), path, op: '=', value: null });
export const newList = (list = ''): ListCond => ({ kind: 'list', id: id(), fn: 'any', list, sign: '>=', n: 1, sub: newGroup() });

export const isSpecial = (v: unknown): v is Special => typeof v === 'object' && v !== null && !Array.isArray(v);

/** A field of a scope, or nothing where the name is not known. */
export function fieldIn(model: FilterModel, scope: Scope, path: string): FilterField | undefined {
  try {
    return path ? resolvePath(model, scope, path).field : undefined;
  } catch {
    return undefined;
  }
}
export function scopeIn(model: FilterModel, scope: Scope, list: string): Scope | undefined {
  try {
    return list ? resolveList(model, scope, list).scope : undefined;
  } catch {
    return undefined;
  }
}

/** What may be asked of a field, the usual first. */
export function opsOf(field: FilterField): Op[] {
  const emptiness: Op[] = ['empty', 'not_empty'];
  const c: FieldClass = fieldClass(field);
  switch (c) {
    case 'text':
      return ['contains', 'not_contains', 'is', 'is_not', ...emptiness];
    case 'number':
      return ['>=', '<=', '>', '<', 'is', 'is_not', ...emptiness];
    case 'truth':
      return field.kind === 'computed' ? ['='] : ['=', ...emptiness];
    case 'date':
      return ['<=', '>=', '<', '>', '=', '!=', ...emptiness];
    case 'instant':
      return ['<', '>=', '<=', '>', ...emptiness];
    case 'choice':
      return ['is', 'is_not', '>=', '<=', ...emptiness];
    case 'link':
      return ['is', 'is_not', ...emptiness];
    case 'choices':
    case 'links':
      return ['contains', 'not_contains', ...emptiness];
    default:
      return emptiness;
  }
}
export const needsValue = (op: Op): boolean => op !== 'empty' && op !== 'not_empty';
const takesMany = (op: Op): boolean => op === 'is' || op === 'is_not';

/** The value that a condition begins with, or keeps when its operator or field is changed. */
export function fitValue(field: FilterField, op: Op, before: Val): Val {
  if (!needsValue(op)) return null;
  const c = fieldClass(field);
  if (c === 'truth') return typeof before === 'boolean' ? before : true;
  if (c === 'instant' && (before === null || Array.isArray(before))) return { now: '' };
  if (c === 'date' && (before === null || Array.isArray(before))) return { today: '' };
  if (takesMany(op)) return Array.isArray(before) ? before : isSpecial(before) ? before : before === null || before === '' ? [] : [before as string];
  if (Array.isArray(before)) return before[0] ?? null;
  return before;
}
export function filled(leaf: Leaf, field: FilterField | undefined): boolean {
  if (!field || !opsOf(field).includes(leaf.op)) return false;
  if (!needsValue(leaf.op)) return true;
  const v = leaf.value;
  if (isSpecial(v)) return 'path' in v ? v.path !== '' : 'var' in v ? v.var !== '' : true;
  if (Array.isArray(v)) return takesMany(leaf.op) && v.length > 0 && v.every((x) => x !== '');
  return v !== null && v !== '';
}

// ---- filter → tree ------------------------------------------------------------------------------

function leafOf(f: Filter, field: FilterField): Leaf {
  const [op, path, value] = f as [string, string, Val];
  const c = fieldClass(field);
  const many = ['choice', 'link', 'text', 'number'].includes(c);
  const one = (o: Op, v: Val): Leaf => ({ kind: 'leaf', id: id(), path, op: o, value: v });
  if (op === 'empty') return one('empty', null);
  if (op === 'in') return one('is', value);
  if (op === '=' || op === '!=') {
    if (many) return one(op === '=' ? 'is' : 'is_not', isSpecial(value) ? value : [value as string]);
    return one(op, value);
  }
  return one(op as Op, value);
}
const opposite: Partial<Record<Op, Op>> = { empty: 'not_empty', is: 'is_not', contains: 'not_contains' };

function condOf(f: Filter, model: FilterModel, scope: Scope): Cond {
  const [op, first] = f;
  if (op === 'and' || op === 'or') return { kind: 'group', id: id(), op, not: false, kids: f.slice(1).map((x) => condOf(x as Filter, model, scope)) };
  if (op === 'all') return newGroup();
  if (op === 'not') {
    const x = condOf(first as Filter, model, scope);
    if (x.kind === 'leaf' && opposite[x.op]) return { ...x, op: opposite[x.op]! };
    if (x.kind === 'group' && !x.not) return { ...x, not: true };
    return { ...newGroup('and', [x]), not: true };
  }
  if (op === 'any' || op === 'none' || op === 'count') {
    const inner = resolveList(model, scope, first as string).scope;
    const sub = f[2] ? groupOf(f[2] as Filter, model, inner) : newGroup();
    const n = f[4] as ListCond['n'] | undefined;
    return { kind: 'list', id: id(), fn: op, list: first as string, sign: (f[3] as ListCond['sign']) ?? '>=', n: n ?? 1, sub };
  }
  return leafOf(f, resolvePath(model, scope, first as string).field);
}
function groupOf(f: Filter, model: FilterModel, scope: Scope): Group {
  const c = condOf(f, model, scope);
  return c.kind === 'group' && !c.not ? c : newGroup('and', [c]);
}

// ---- tree → filter ------------------------------------------------------------------------------

function leafFilter(leaf: Leaf, field: FilterField): Filter {
  const { path, op, value } = leaf;
  if (op === 'empty') return ['empty', path];
  if (op === 'not_empty') return ['not', ['empty', path]];
  if (op === 'not_contains') return ['not', ['contains', path, value]];
  if (op !== 'is' && op !== 'is_not') return [op, path, value];
  const teams = isSpecial(value) && 'var' in value && TEAMS.includes(value.var);
  if (teams || (Array.isArray(value) && value.length > 1)) return op === 'is' ? ['in', path, value] : ['not', ['in', path, value]];
  const v = Array.isArray(value) ? value[0] : value;
  return [op === 'is' ? '=' : '!=', path, fieldClass(field) === 'number' && field.kind !== 'money' && typeof v === 'string' ? Number(v) : v];
}
function condFilter(c: Cond, model: FilterModel, scope: Scope): Filter | null {
  if (c.kind === 'leaf') {
    const field = fieldIn(model, scope, c.path);
    return field && filled(c, field) ? leafFilter(c, field) : null;
  }
  if (c.kind === 'list') {
    const inner = scopeIn(model, scope, c.list);
    if (!inner) return null;
    const sub = condFilter(c.sub, model, inner);
    return c.fn === 'count' ? ['count', c.list, sub, c.sign, c.n] : [c.fn, c.list, sub];
  }
  const kids = c.kids.map((k) => condFilter(k, model, scope)).filter((x): x is Filter => x !== null);
  if (!kids.length) return null;
  const f: Filter = kids.length === 1 ? kids[0]! : [c.op, ...kids];
  return c.not ? ['not', f] : f;
}
/** Null: no condition at all, which is always true. */
export const filterOf = (g: Group, model: FilterModel, scope: Scope): Filter | null => condFilter(g, model, scope);

/** How many conditions are not filled in yet. */
export function gapsOf(c: Cond, model: FilterModel, scope: Scope | undefined): number {
  if (c.kind === 'leaf') return scope && filled(c, fieldIn(model, scope, c.path)) ? 0 : 1;
  if (c.kind === 'list') {
    const inner = scope && scopeIn(model, scope, c.list);
    return (inner ? 0 : 1) + gapsOf(c.sub, model, inner);
  }
  return c.kids.reduce((n, k) => n + gapsOf(k, model, scope), 0);
}

// ---- text ---------------------------------------------------------------------------------------

export type ReadTree = { ok: true; tree: Group } | { ok: false; code: string; message: string; at: number };
/** `of`: a type's name, or a scope such as the lines of a table. */
const scopeFor = (of: string | Scope, model: FilterModel): Scope => (typeof of === 'string' ? scopeOf(model, of) : of);
export function readTree(text: string, of: string | Scope, model: FilterModel): ReadTree {
  if (!text.trim()) return { ok: true, tree: newGroup() };
  const p = parseFilterIn(text, () => scopeFor(of, model), model);
  if (!p.ok) return p;
  return { ok: true, tree: groupOf(p.filter, model, scopeFor(of, model)) };
}
export function textOfTree(g: Group, of: string | Scope, model: FilterModel): string {
  const scope = scopeFor(of, model);
  const f = filterOf(g, model, scope);
  return f ? printFilterIn(f, scope, model) : '';
}
