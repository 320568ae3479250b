// A filter's tree in words, for chips: 状态 是 待受理、处理中.
import type { Filter, FilterModel } from '@/core/filter';
import { resolveList, resolvePath, scopeOf, TEAMS, type Scope } from '@/core/filter';
import { label, words } from '@/core/i18n';
import { sayDate, sayTime } from '@/core/time';
import type { Field, ListDef } from '@/core/types';
import { filter as catalogue } from '@/i18n/filter';
import { optionLabel, sayNumber } from './values';

const t = words(catalogue);

export interface Names {
  model: FilterModel;
  /** Names of linked records, by id, as far as they are known. */
  refs: Map<string, string>;
}

function offsetWords(base: 'now' | 'today', offset: string): string {
  if (!offset) return t(base);
  const m = /^([+-])(\d+)d$/.exec(offset);
  if (m) return t(m[1] === '+' ? 'days_on' : 'days_ago', { n: m[2]! });
  return `${t(base)}${offset}`;
}

function valueWords(n: Names, scope: Scope, f: Field, v: unknown): string {
  if (v !== null && typeof v === 'object') {
    const named = v as { path?: string; var?: string; now?: string; today?: string };
    if (named.var === 'me') return t('me');
    if (named.var && TEAMS.includes(named.var)) return t(named.var as 'my_teams' | 'my_units' | 'shared_teams');
    if (named.var) return `@${named.var}`;
    if (named.now !== undefined) return offsetWords('now', named.now);
    if (named.today !== undefined) return offsetWords('today', named.today);
    if (named.path) return pathWords(n, scope, named.path);
  }
  switch (f.kind) {
    case 'choice':
    case 'choices':
      return optionLabel(f, v);
    case 'link':
    case 'links':
      return n.refs.get(String(v)) ?? String(v);
    case 'date':
      return sayDate(String(v));
    case 'datetime':
      return /^\d{4}-\d\d-\d\d$/.test(String(v)) ? sayDate(String(v)) : sayTime(String(v));
    case 'number':
    case 'money':
      return sayNumber(String(v));
    default:
      return String(v);
  }
}

function pathWords(n: Names, scope: Scope, path: string): string {
  try {
    const p = resolvePath(n.model, scope, path);
    return [...p.links, p.field].map((f) => label((f as Field).label) || f.name || '').join('·');
  } catch {
    return path;
  }
}

export function filterWords(n: Names, scope: Scope, f: Filter): string {
  const [op, path, value] = f as [string, string, unknown];
  const sub = (x: unknown): string => filterWords(n, scope, x as Filter);
  switch (op) {
    case 'all':
      return '';
    case 'and':
      return f.slice(1).map(sub).join(t('and'));
    case 'or':
      return f.slice(1).map(sub).join(t('or'));
    case 'not': {
      const x = f[1] as Filter;
      if (x[0] === 'empty') return `${pathWords(n, scope, String(x[1]))} ${t('not_empty')}`;
      if (x[0] === 'in' || x[0] === '=') return `${leaf(n, scope, x, t('is_not'))}`;
      return t('not', { what: sub(x) });
    }
    case 'any':
    case 'none': {
      try {
        const p = resolveList(n.model, scope, path);
        const name = label((p.list as unknown as ListDef | undefined)?.label ?? (p.field as Field).label) || path;
        return t(op, { list: name }) + (value ? t('such_that', { what: filterWords(n, p.scope, value as Filter) }) : '');
      } catch {
        return path;
      }
    }
    case 'count':
      try {
        const p = resolveList(n.model, scope, path);
        const name = label((p.list as unknown as ListDef | undefined)?.label ?? (p.field as Field).label) || path;
        const sign: Record<string, string> = { '=': t('equals'), '!=': t('is_not'), '<': t('less'), '>': t('more'), '>=': t('at_least'), '<=': t('at_most') };
        const than = typeof f[4] === 'object' ? `@${(f[4] as { var: string }).var}` : String(f[4]);
        return `${t('count', { list: name })}${value ? t('such_that', { what: filterWords(n, p.scope, value as Filter) }) : ''} ${sign[String(f[3])] ?? String(f[3])} ${than}`;
      } catch {
        return path;
      }
    default:
      return leaf(n, scope, f);
  }
}

function leaf(n: Names, scope: Scope, f: Filter, isNot?: string): string {
  const [op, path, value] = f as [string, string, unknown];
  let field: Field;
  try {
    field = resolvePath(n.model, scope, path).field as Field;
  } catch {
    return path;
  }
  const name = pathWords(n, scope, path);
  if (op === 'empty') return `${name} ${t('empty')}`;
  if (op === 'in') {
    const said = Array.isArray(value) ? value.map((v) => valueWords(n, scope, field, v)).join('、') : valueWords(n, scope, field, value);
    return `${name} ${isNot ?? t('is')} ${said}`;
  }
  const said = valueWords(n, scope, field, value);
  if (field.kind === 'flag' || field.kind === 'computed') return (value === true) !== Boolean(isNot) ? name : `${t('is_not')} ${name}`;
  const time = field.kind === 'date' || field.kind === 'datetime';
  const sign: Record<string, string> = {
    '=': isNot ?? (['choice', 'link'].includes(field.kind) ? t('is') : t('equals')),
    '!=': t('is_not'),
    contains: t('contains'),
    '<': time ? t('before') : t('less'),
    '>': time ? t('after') : t('more'),
    '>=': time ? t('since') : t('at_least'),
    '<=': time ? t('until') : t('at_most'),
  };
  return `${name} ${sign[op] ?? op} ${said}`;
}

export function wordsOf(n: Names, type: string, f: Filter): string {
  return filterWords(n, scopeOf(n.model, type), f);
}
