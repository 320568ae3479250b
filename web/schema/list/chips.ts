// A list's filter as chips: each chip is one conjunct. The text in the URL is what counts; what the
// parser does not know stays a chip of raw text, and the server judges it.
import type { Filter, FilterModel } from '@/core/filter';
import { parseFilter, printFilter } from '@/core/filter-text';
import type { Type } from '@/core/types';
import { wordsOf, type Names } from '../filterWords';

export interface Chip {
  text: string;
  filter: Filter | null;
  words: string;
  /** The field, when the chip is one condition on it. */
  path: string | null;
}

function pathOf(f: Filter): string | null {
  const op = f[0];
  if (op === 'not') return pathOf(f[1] as Filter);
  if (op === 'and' || op === 'or') {
    const paths = new Set(f.slice(1).map((x) => pathOf(x as Filter)));
    return paths.size === 1 ? [...paths][0]! : null;
  }
  if (op === 'any' || op === 'none' || op === 'count' || op === 'all') return null;
  return typeof f[1] === 'string' ? f[1] : null;
}

export function chipOf(filter: Filter, type: string, names: Names): Chip {
  const text = printFilter(filter, type, names.model);
  return { text: filter[0] === 'or' || filter[0] === 'and' ? `(${text})` : text, filter, words: wordsOf(names, type, filter), path: pathOf(filter) };
}

/** >= and < on one date are one chip. */
function joinRanges(fs: Filter[]): Filter[] {
  const out: Filter[] = [];
  for (const f of fs) {
    const last = out[out.length - 1];
    const low = last?.[0] === '>=' || last?.[0] === '>';
    const high = f[0] === '<' || f[0] === '<=';
    if (last && low && high && last[1] === f[1]) out[out.length - 1] = ['and', last, f];
    else out.push(f);
  }
  return out;
}

export function chipsOf(text: string, type: string, names: Names): Chip[] {
  if (!text.trim()) return [];
  const p = parseFilter(text, type, names.model);
  if (!p.ok) return [{ text: `(${text})`, filter: null, words: text, path: null }];
  if (p.filter[0] === 'all') return [];
  const parts = p.filter[0] === 'and' ? (p.filter.slice(1) as Filter[]) : [p.filter];
  return joinRanges(parts).map((f) => chipOf(f, type, names));
}

export const textOfChips = (chips: Chip[]): string => chips.map((c) => c.text).join(' and ');

export function both(a: string, b: string): string {
  const x = a.trim() === 'all' ? '' : a.trim();
  return x && b.trim() ? `(${x}) and ${b.trim()}` : x || b.trim();
}

export type Read = { ok: true; chips: Chip[] } | { ok: false; at: number; code: string; message: string };

/** What was typed into the filter box: a filter, or plain words to find in the title or number. */
export function readTyped(raw: string, t: Type, names: Names): Read {
  const text = raw.trim();
  const p = parseFilter(text, t.name, names.model as FilterModel);
  if (p.ok) return { ok: true, chips: chipsOf(text, t.name, names) };
  const looksLikeFilter = /[=<>()]|\b(and|or|not|in|is|contains|any|none|count)\b/.test(text);
  if (looksLikeFilter) return { ok: false, at: p.at + 1, code: p.code, message: p.message };
  if (t.number && /^[A-Z]{1,4}\d{4,}[-\d]*$/i.test(text) && t.fields.number) return { ok: true, chips: [chipOf(['=', 'number', text.toUpperCase()], t.name, names)] };
  const title = t.title && t.fields[t.title]?.sight !== 'masked' ? t.title : Object.values(t.fields).find((f) => f.kind === 'text' && f.search)?.name;
  if (!title) return { ok: false, at: p.at + 1, code: p.code, message: p.message };
  return { ok: true, chips: [chipOf(['contains', title, text], t.name, names)] };
}
