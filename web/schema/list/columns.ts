// How wide a column starts, and what the user made of it: kept in this browser by organisation, type
// and view.
import { label, lang } from '@/core/i18n';
import type { Field, Type } from '@/core/types';
import { fieldAt } from '@/stores/model';
import type { GridColumn } from '@/ui/Grid.vue';

export const baseFields: Field[] = [
  { name: 'created_at', label: { zh: '创建时间', en: 'Created' }, kind: 'datetime', system: true },
  { name: 'updated_at', label: { zh: '更新时间', en: 'Updated' }, kind: 'datetime', system: true },
  { name: 'created_by', label: { zh: '创建人', en: 'Created by' }, kind: 'link', to: 'user', system: true },
  { name: 'id', label: { zh: '内部编号', en: 'Id' }, kind: 'text', system: true, sort: true },
  { name: 'version', label: { zh: '版本', en: 'Version' }, kind: 'number', system: true },
];

/** The field of a column path, those of every type too. */
export function columnField(types: Record<string, Type>, t: Type, path: string): Field | undefined {
  return fieldAt(types, t, path) ?? baseFields.find((f) => f.name === path);
}

export function startWidth(f: Field | undefined, path: string, title: string | null | undefined): number {
  if (path === title) return 300;
  switch (f?.kind) {
    case 'flag':
    case 'computed':
      return 84;
    case 'datetime':
      return /^clock_/.test(path) ? 150 : /due|next_reply/.test(path) ? 124 : 120;
    case 'date':
      return 92;
    case 'number':
      return 88;
    case 'money':
      return 100;
    case 'choice':
      return path === 'priority' ? 76 : 104;
    case 'choices':
    case 'links':
      return 140;
    case 'files':
    case 'table':
      return 72;
    case 'long_text':
      return 240;
    case 'link':
      return f.to === 'user' ? 88 : 128;
    case 'phone':
      return 124;
    default:
      return path === 'number' || path === 'code' ? 138 : 120;
  }
}

export interface ColumnPrefs {
  columns?: string[];
  widths?: Record<string, number>;
}
const key = (org: string, type: string, view: string): string => `sw.columns.${org}.${type}.${view}`;
export function readPrefs(org: string, type: string, view: string): ColumnPrefs {
  try {
    return JSON.parse(localStorage.getItem(key(org, type, view)) ?? '{}') as ColumnPrefs;
  } catch {
    return {};
  }
}
export function keepPrefs(org: string, type: string, view: string, p: ColumnPrefs): void {
  if (p.columns || p.widths) localStorage.setItem(key(org, type, view), JSON.stringify(p));
  else localStorage.removeItem(key(org, type, view));
}

export function gridColumns(types: Record<string, Type>, t: Type, paths: string[], widths: Record<string, number> = {}): GridColumn[] {
  void lang.value;
  return paths.map((path) => {
    const f = columnField(types, t, path);
    const ends = f?.kind === 'number' || f?.kind === 'money';
    return {
      key: path,
      label: label(f?.label) || path,
      width: widths[path] ?? startWidth(f, path, t.title),
      end: ends,
      sortable: f?.sort === true || path === 'id' || path === 'number',
    };
  });
}
export function defaultColumns(t: Type): string[] {
  const want = ['number', 'code', t.title, 'customer', 'state', 'owner', 'due'].filter((n): n is string => Boolean(n && t.fields[n]));
  if (want.length >= 3) return [...new Set(want)];
  return [...new Set([...want, ...Object.values(t.fields).filter((f) => !['files', 'table', 'long_text'].includes(f.kind)).slice(0, 6).map((f) => f.name)])];
}
