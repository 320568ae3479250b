// The fields a condition may speak of, with their paths: the type's own, those behind links, and outside a list
// those of the record around it.
import { fieldClass, type FilterField, type FilterModel, type Scope } from '@/core/filter';
import { label, words } from '@/core/i18n';
import type { AnyLabel, Field, ListDef, Type } from '@/core/types';
import { condition as catalogue } from '@/i18n/condition';
import { baseFields } from '../list/columns';

const t = words(catalogue);

export interface PathChoice {
  key: string;
  label: string;
  about?: string;
  field: Field;
}
const typesOf = (m: FilterModel): Record<string, Type> => m.types as unknown as Record<string, Type>;

/** Fields of any work have no labels of their own: those of a type that has them are taken. */
function workField(m: FilterModel, name: string, f: FilterField): Field {
  for (const x of Object.values(typesOf(m))) if (x.uses_work && x.fields[name]) return { ...(x.fields[name] as Field), ...(f as Field), label: x.fields[name]!.label };
  return { ...(f as Field), label: name };
}
function fieldsOf(m: FilterModel, scope: Scope): Field[] {
  if (scope.table) return Object.entries(scope.table.columns ?? {}).map(([name, f]) => ({ ...(f as Field), name }));
  if (scope.typeName === 'work') return Object.entries(scope.type?.fields ?? {}).map(([name, f]) => workField(m, name, { ...f, name }));
  return [...Object.values((scope.type as unknown as Type | undefined)?.fields ?? {}), ...baseFields.filter((b) => b.name !== 'id' && b.name !== 'version' && !scope.type?.fields[b.name])];
}
const said = (f: Field): string => label(f.label as AnyLabel) || f.name;
const askable = (f: Field): boolean => f.sight !== 'masked';

/** At most `most` choices; behind links only when something was typed. */
export function pathChoices(m: FilterModel, scope: Scope, q: string, fits: (f: Field) => boolean = askable, most = 80): PathChoice[] {
  const want = q.trim().toLowerCase();
  const out: PathChoice[] = [];
  const hit = (path: string, name: string): boolean => !want || name.toLowerCase().includes(want) || path.includes(want);
  const add = (s: Scope, prefix: string, names: string, depth: number): void => {
    for (const f of fieldsOf(m, s)) {
      if (out.length >= most) return;
      const path = prefix + f.name;
      const name = names + said(f);
      if (fits(f) && fieldClass(f) !== 'table' && hit(path, name)) out.push({ key: path, label: name, about: undefined, field: f });
    }
    if (depth >= 2 || !want) return;
    for (const f of fieldsOf(m, s)) {
      if (f.kind !== 'link' || !f.to || out.length >= most) continue;
      const to: Scope | undefined = f.to === 'work' ? workScope(m) : m.types[f.to] ? { type: m.types[f.to], typeName: f.to } : undefined;
      if (to) add(to, `${prefix}${f.name}.`, `${names}${said(f)}·`, depth + 1);
    }
  };
  add(scope, '', '', 0);
  let outer = '';
  for (let up = scope.up; up; up = up.up) {
    outer += 'outer.';
    for (const f of fieldsOf(m, up)) {
      const name = t('outer', { name: said(f) });
      if (out.length < most && fits(f) && fieldClass(f) !== 'table' && hit(outer + f.name, name)) out.push({ key: outer + f.name, label: name, field: f });
    }
  }
  return out;
}
function workScope(m: FilterModel): Scope {
  const fields: Record<string, FilterField> = {};
  for (const name of ['number', 'customer', 'first_owner', 'owner', 'team', 'stage', 'due', 'opened_at', 'closed_at', 'chased'])
    for (const x of Object.values(m.types)) if (x.uses_work && x.fields[name]) fields[name] ??= { ...x.fields[name]!, name };
  return { type: { name: 'work', fields }, typeName: 'work' };
}

export interface ListChoice {
  key: string;
  label: string;
}
/** What any(), none() and count() may range over. */
export function listChoices(m: FilterModel, scope: Scope): ListChoice[] {
  const out: ListChoice[] = [];
  const own = (s: Scope, prefix: string, names: string): void => {
    for (const l of (s.type?.lists ?? []) as unknown as ListDef[]) out.push({ key: prefix + l.name, label: names + (label(l.label) || l.name) });
    for (const f of fieldsOf(m, s)) if (f.kind === 'table' || f.kind === 'links') out.push({ key: prefix + f.name, label: names + said(f) });
  };
  own(scope, '', '');
  for (const f of fieldsOf(m, scope)) {
    if (f.kind === 'link' && f.to && f.to !== 'work' && m.types[f.to]) own({ type: m.types[f.to], typeName: f.to }, `${f.name}.`, `${said(f)}·`);
  }
  return out;
}
/** 客户·VIP for customer.vip. */
export function pathLabel(m: FilterModel, scope: Scope, path: string): string {
  const parts = path.split('.');
  let here: Scope | undefined = scope;
  const names: string[] = [];
  let outer = false;
  for (const p of parts) {
    if (p === 'outer') {
      here = here?.up;
      outer = true;
      continue;
    }
    const f: Field | undefined = here ? fieldsOf(m, here).find((x) => x.name === p) : undefined;
    names.push(f ? said(f) : p);
    here = f?.to === 'work' ? workScope(m) : f?.to && m.types[f.to] ? { type: m.types[f.to], typeName: f.to } : undefined;
  }
  const name = names.join('·');
  return outer ? t('outer', { name }) : name;
}
