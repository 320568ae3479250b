// The table of rights as people read it: short words for cells, who is left out, a sheet of it all.
import { get, path } from '@/core/api';
import { label, words } from '@/core/i18n';
import { comma, inBrackets } from '@/core/signs';
import type { AnyLabel, Label } from '@/core/types';
import { rights as catalogue } from '@/i18n/rights';

const t = words(catalogue);

export type Scope = 'none' | 'own' | 'team' | 'unit' | 'rule' | 'all';
export const acts = ['read', 'write', 'create', 'remove', 'export'] as const;
export type Act = (typeof acts)[number];
export interface Condition extends Label {
  text: string;
}
export interface Mask {
  field: string;
  unless?: Condition;
}
export type Cell = Record<Act, Scope> & {
  filters: { read?: Condition; write?: Condition; remove?: Condition };
  hide: string[];
  mask: Mask[];
  glance: string[];
};
export interface Role {
  name: string;
  label: AnyLabel;
  about?: AnyLabel;
  can: string[];
}
export interface Kind {
  name: string;
  label: AnyLabel;
  confidential: boolean;
  fields: Record<string, AnyLabel>;
  cells: Record<string, Cell>;
}
export interface Matrix {
  roles: Role[];
  types: Kind[];
}
export const loadMatrix = (): Promise<Matrix> => get<Matrix>(path('access', 'matrix'));

export const scopeWord = (s: Scope): string => t(`s_${s}`);
/** To make something has no reach: one may or may not. */
export const actWord = (act: Act, s: Scope): string => (act === 'create' && s !== 'none' ? t('may') : scopeWord(s));
export const functionWord = (f: string): string => (`f_${f}` in catalogue ? t(`f_${f}` as 'f_intake') : f);
export const fieldName = (fields: Record<string, AnyLabel>, f: string): string => label(fields[f]) || f;

/** Nothing at all: neither reads nor does, at most a glance. */
export const isIdle = (c: Cell | undefined): boolean => !c || acts.every((a) => c[a] === 'none');

export interface Mark {
  act: Act;
  scope: Scope;
  words: string;
}
/** What stands in a cell: 看 班组 · 改 本人 · 建. Where an act reaches as far as seeing does, the act alone is said. */
export function marksOf(c: Cell | undefined): Mark[] {
  if (!c) return [];
  return acts
    .filter((a) => c[a] !== 'none')
    .map((a) => {
      const said = a === 'create' || (a !== 'read' && c[a] === c.read && !c.filters[a as 'write']) || (a === 'export' && c[a] === c.read);
      return { act: a, scope: c[a], words: said ? t(a) : `${t(a)} ${t(`short_${c[a] as 'own'}`)}` };
    });
}
/** The cell in one sentence, for who doesn't see colours. */
export function cellWords(c: Cell | undefined): string {
  if (!c || (isIdle(c) && !c.glance.length)) return t('nothing');
  if (isIdle(c)) return t('only_glance');
  const parts = acts.filter((a) => c[a] !== 'none').map((a) => (a === 'create' ? t(a) : `${t(a)} ${scopeWord(c[a])}`));
  if (c.hide.length) parts.push(t('n_hidden', { n: c.hide.length }));
  if (c.mask.length) parts.push(t('n_masked', { n: c.mask.length }));
  return parts.join(comma());
}
export function maskWords(k: Kind, m: Mask): string {
  const field = fieldName(k.fields, m.field);
  return m.unless ? t('unless', { field, when: label(m.unless) || m.unless.text }) : field;
}
/** The same exception for many fields is said once. */
export function maskGroups(k: Kind, masks: Mask[]): { fields: string; when: string }[] {
  const groups = new Map<string, { fields: string[]; when: string }>();
  for (const m of masks) {
    const when = m.unless ? label(m.unless) || m.unless.text : '';
    const g = groups.get(when) ?? { fields: [], when };
    g.fields.push(fieldName(k.fields, m.field));
    groups.set(when, g);
  }
  return [...groups.values()].map((g) => ({ fields: g.fields.join(comma()), when: g.when }));
}

/** Types that fit what is typed: by label, or by name. */
export function typesLike(types: Kind[], q: string): Kind[] {
  const want = q.trim().toLowerCase();
  return want ? types.filter((k) => label(k.label).toLowerCase().includes(want) || k.name.includes(want)) : types;
}

export function sheetOf(m: Matrix, role: string, types: Kind[]): string[][] {
  const conditions = ['read', 'write', 'remove'] as const;
  const head = [t('type'), t('role'), ...acts.map((a) => t(a)), t('when_read'), t('when_write'), t('when_remove'), t('hidden'), t('masked'), t('glance'), t('functions')];
  const rows = types.flatMap((k) =>
    m.roles
      .filter((r) => (!role || r.name === role) && k.cells[r.name])
      .map((r) => {
        const c = k.cells[r.name]!;
        return [
          label(k.label) + (k.confidential ? inBrackets(t('confidential')) : ''),
          label(r.label),
          ...acts.map((a) => actWord(a, c[a])),
          ...conditions.map((a) => label(c.filters[a]) || c.filters[a]?.text || ''),
          c.hide.map((f) => fieldName(k.fields, f)).join(comma()),
          c.mask.map((x) => maskWords(k, x)).join(comma()),
          c.glance.map((f) => fieldName(k.fields, f)).join(comma()),
          r.can.map(functionWord).join(comma()),
        ];
      }),
  );
  return [head, ...rows];
}

/* ---- who can see one record ---- */

export interface Person {
  id: string;
  label: string;
  roles: { name: string; label: AnyLabel }[];
  right: 'read' | 'glance' | 'none';
  because?: { role: string; line: string; words: Label }[];
  hidden?: string[];
  masked?: string[];
  glance?: string[];
  why_not?: { role: string; words: Label }[];
}
export interface Why {
  record: { id: string; type: string; number: string | null; title: string | null };
  type_label: AnyLabel;
  fields: Record<string, AnyLabel>;
  people: Person[];
  next: string | null;
}
export const groups = ['read', 'part', 'glance', 'none'] as const;
export type Group = (typeof groups)[number];
export const groupOf = (p: Person): Group => (p.right !== 'read' ? p.right : p.hidden?.length || p.masked?.length ? 'part' : 'read');
export function byGroup(people: Person[]): { key: Group; people: Person[] }[] {
  return groups.map((key) => ({ key, people: people.filter((p) => groupOf(p) === key) })).filter((g) => g.people.length);
}
/** “李婷：客服专员，因为…” under his name: the name is not said twice. */
export const withoutName = (words: string, name: string): string => (words.startsWith(`${name}：`) ? words.slice(name.length + 1) : words.startsWith(`${name}: `) ? words.slice(name.length + 2) : words);
