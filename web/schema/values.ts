// Values on the wire: how they are read, written and said.
import { label } from '@/core/i18n';
import { isEmpty, isMap, type Json } from '@/core/json';
import { sayDate, sayTime, todayDate } from '@/core/time';
import type { Field, FileRef, Ref } from '@/core/types';
import { comma } from '@/core/signs';

export const isMasked = (v: Json | undefined): v is { masked: string } => isMap(v) && typeof v.masked === 'string';
export const isRef = (v: unknown): v is Ref => isMap(v) && typeof v.id === 'string';

export const refOf = (v: Json | undefined): Ref | null => (isRef(v) ? (v as unknown as Ref) : typeof v === 'string' && v ? { id: v, label: v } : null);
export const refsOf = (v: Json | undefined): Ref[] => (Array.isArray(v) ? v.map((x) => refOf(x)).filter((x) => x !== null) : []);
export const filesOf = (v: Json | undefined): FileRef[] => (Array.isArray(v) ? (v as unknown as FileRef[]) : []);
export const linesOf = (v: Json | undefined): { [k: string]: Json }[] => (Array.isArray(v) ? v.filter(isMap) : []);
export const namesOf = (v: Json | undefined): string[] => (Array.isArray(v) ? v.filter((x) => typeof x === 'string') : []);
export const textOf = (v: Json | undefined): string => (typeof v === 'string' ? v : typeof v === 'number' ? String(v) : '');

export function optionLabel(f: Field, name: unknown): string {
  const o = f.options?.find((x) => x.name === name);
  return o ? label(o.label) : String(name ?? '');
}

/** 1280.50 → 1,280.50, as text: money never becomes a float. */
export function sayNumber(v: string | number): string {
  const m = /^(-?)(\d+)(\.\d+)?$/.exec(String(v));
  return m ? m[1]! + m[2]!.replace(/\B(?=(\d{3})+$)/g, ',') + (m[3] ?? '') : String(v);
}

export function saySize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(0)} KB`;
  return `${(bytes / 1048576).toFixed(1)} MB`;
}

/** A value as one line of text: for titles, group heads, changes in the timeline. */
export function sayValue(f: Field | undefined, v: Json | undefined): string {
  if (isEmpty(v)) return '';
  if (isMasked(v)) return v.masked;
  switch (f?.kind) {
    case 'choice':
      return optionLabel(f, v);
    case 'choices':
      return namesOf(v).map((x) => optionLabel(f, x)).join(comma());
    case 'link':
      return refOf(v)?.label ?? '';
    case 'links':
      return refsOf(v).map((r) => r.label).join(comma());
    case 'files':
      return filesOf(v).map((x) => x.name ?? String(x)).join(comma());
    case 'flag':
    case 'computed':
      return v === true ? '✓' : '✗';
    case 'datetime':
      return sayTime(textOf(v));
    case 'money':
    case 'number':
      return sayNumber(v as string | number) + (f.unit ? ` ${f.unit}` : '');
    case 'table':
      return linesOf(v)
        .map((l) => Object.values(f.columns ?? {}).map((c) => sayValue(c, l[c.name])).filter(Boolean).join(' '))
        .join('；');
    default:
      if (isRef(v)) return (v as unknown as Ref).label;
      return typeof v === 'object' ? JSON.stringify(v) : String(v);
  }
}

/** What the timeline tells: words already, or masked ones; never a value of the field's kind. */
export function sayTold(v: Json | undefined): string {
  if (isEmpty(v)) return '';
  if (isMasked(v)) return v.masked;
  return typeof v === 'string' ? v : JSON.stringify(v);
}

const day = /\b(\d{4}-\d\d-\d\d)( \d\d:\d\d)?(?![\d-])/g;
/** Times that came as words (2026-11-09 17:00), said as everywhere; `within`: also in the middle of a line. */
export const sayDates = (text: string, within: boolean): string => text.replace(day, (all, date: string, hour = '') => (within || all === text ? sayDate(date) + hour : all));

/** What is sent: links and files as ids, tables line by line, nothing as null. */
export function toWire(f: Field | undefined, v: Json | undefined): Json {
  if (isEmpty(v)) return f && ['choices', 'links', 'files', 'table'].includes(f.kind) ? [] : null;
  switch (f?.kind) {
    case 'link':
      return refOf(v)?.id ?? null;
    case 'links':
      return refsOf(v).map((r) => r.id);
    case 'files':
      return filesOf(v).map((x) => (typeof x === 'string' ? x : x.id));
    case 'table':
      return linesOf(v).map((l) => {
        const out: { [k: string]: Json } = {};
        if (l.id) out.id = l.id;
        for (const c of Object.values(f.columns ?? {})) if (c.name in l && !isMasked(l[c.name])) out[c.name] = toWire(c, l[c.name]);
        return out;
      });
    case 'number':
      return typeof v === 'string' ? (Number.isFinite(Number(v)) ? Number(v) : v) : (v as Json);
    case 'text':
    case 'phone':
    case 'email':
      return typeof v === 'string' ? v.trim() || null : (v as Json);
    default:
      return v as Json;
  }
}

/** `now`, `now + 30m`: what counts working time or months is the server's. */
function presetTime(d: string): string | null {
  const m = /^now(?: *([+-]) *(\d+)(m|h|d|w))?$/.exec(d);
  if (!m) return null;
  const by = m[1] ? Number(m[2]) * { m: 60e3, h: 3600e3, d: 86400e3, w: 604800e3 }[m[3] as 'm'] * (m[1] === '-' ? -1 : 1) : 0;
  return new Date(Math.floor(Date.now() / 60e3) * 60e3 + by).toISOString();
}
/** What a new record starts with, as far as the browser can know it. */
export function presetOf(f: Field, me: Ref | null): Json {
  const d = f.default;
  if (d === null || d === undefined || d === '') return null;
  switch (f.kind) {
    case 'flag':
      return String(d) === 'true';
    case 'number':
      return Number.isFinite(Number(d)) ? Number(d) : null;
    case 'datetime':
      return presetTime(d);
    case 'date':
      return d === 'today' ? todayDate() : /^\d{4}-\d\d-\d\d$/.test(d) ? d : null;
    case 'link':
      return d === '@me' && me ? { id: me.id, label: me.label, type: 'user' } : null;
    case 'choice':
      return f.options?.some((o) => o.name === d) ? d : null;
    case 'choices':
      return d.split(/[\s,]+/).filter((x) => f.options?.some((o) => o.name === x));
    default:
      return d.startsWith('@') ? null : d;
  }
}
