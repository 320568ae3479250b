// What an action puts into a field, as docs/PACKS.md writes it (`now + 3d`, `@me`, `'text'`, `customer.mobile`),
// and what a form shows of it: a value of the field's kind, a time, a person, another field, a parameter, nothing.
import { fieldClass, type FieldClass } from '@/core/filter';
import type { Json } from '@/core/json';
import { isMap } from '@/core/json';
import type { Field } from '@/core/types';

export type ValueMode = 'fixed' | 'now' | 'today' | 'me' | 'field' | 'param' | 'empty' | 'text';
export interface SetValue {
  mode: ValueMode;
  /** fixed: of the field's kind, links by id; text: as it is written. */
  value: Json;
  /** field: its path; param: its name. */
  name: string;
  /** now, today, field: `+3d`, `-@lead`. */
  shift: string;
}
const path = '[a-z][a-z0-9_]*(?:\\.[a-z][a-z0-9_]*)*';
const moved = new RegExp(`^(now|today|${path})(?:\\s*([+-])\\s*(@?[a-z0-9_]+))?$`);
const none = { value: null, name: '', shift: '' };
const isTime = (c: FieldClass): boolean => c === 'date' || c === 'instant';

function unquoted(text: string): string | null {
  return /^'(?:[^']|'')*'$/.test(text) ? text.slice(1, -1).replace(/''/g, "'") : null;
}
/** A Chinese text needs no quotes: no name begins so. */
const bare = (text: string): boolean => (text.codePointAt(0) ?? 0) >= 0x80;

export function readSetValue(raw: string, f: Field | undefined): SetValue {
  const text = raw.trim();
  const c = f ? fieldClass(f) : 'text';
  const as = (mode: ValueMode, more: Partial<SetValue> = {}): SetValue => ({ ...none, mode, ...more });
  if (!text) return as(isTime(c) ? 'now' : 'fixed', { value: isTime(c) ? null : '', shift: '' });
  if (text === 'empty') return as('empty');
  if (text === '@me') return as('me');
  if (/^@[a-z][a-z0-9_]*$/.test(text)) return as('param', { name: text.slice(1) });
  const said = unquoted(text);
  switch (c) {
    case 'text':
      if (said !== null || bare(text) || /^-?\d/.test(text)) return as('fixed', { value: said ?? text });
      break;
    case 'truth':
      if (text === 'true' || text === 'false') return as('fixed', { value: text === 'true' });
      break;
    case 'number':
      if (/^-?\d+(\.\d+)?$/.test(text)) return as('fixed', { value: text });
      break;
    case 'choice':
    case 'choices':
      if (f?.options?.some((o) => o.name === text)) return as('fixed', { value: text });
      break;
    case 'link':
    case 'links':
      if (/^\d+$/.test(text)) return as('fixed', { value: text });
      break;
    case 'date':
      if (/^\d{4}-\d\d-\d\d$/.test(text)) return as('fixed', { value: text });
      break;
    case 'instant':
      if (/^\d{4}-\d\d-\d\d$/.test(text) || (said && Number.isFinite(Date.parse(said)))) return as('fixed', { value: said ?? text });
      break;
  }
  const m = moved.exec(text);
  if (!m || ['true', 'false', 'all'].includes(m[1]!)) return as('text', { value: text });
  const shift = m[2] ? `${m[2]}${m[3]!}` : '';
  if (m[1] === 'now' || m[1] === 'today') return isTime(c) ? as(m[1], { shift }) : as('text', { value: text });
  return shift && !isTime(c) ? as('text', { value: text }) : as('field', { name: m[1]!, shift });
}

const shifted = (base: string, shift: string): string => (shift ? `${base} ${shift[0]} ${shift.slice(1)}` : base);
/** Nothing where it is not filled in yet. */
export function writeSetValue(v: SetValue, f: Field | undefined): string {
  switch (v.mode) {
    case 'empty':
      return 'empty';
    case 'me':
      return '@me';
    case 'param':
      return v.name ? `@${v.name}` : '';
    case 'now':
    case 'today':
      return shifted(v.mode, v.shift);
    case 'field':
      return v.name ? shifted(v.name, v.shift) : '';
    case 'text':
      return String(v.value ?? '').trim();
  }
  const c = f ? fieldClass(f) : 'text';
  const x = v.value;
  if (x === null || x === undefined || x === '') return '';
  if (isMap(x)) return String(x.id ?? '');
  const s = String(x);
  if (c === 'text') return bare(s) ? s : `'${s.replace(/'/g, "''")}'`;
  if (c === 'instant' && !/^\d{4}-\d\d-\d\d$/.test(s)) return `'${s}'`;
  return s;
}
/** How a value may be given, the usual first. `only`: where people alone are meant. */
export function setModes(f: Field | undefined, has: { fields: boolean; params: boolean }, only = false): ValueMode[] {
  const field: ValueMode[] = has.fields ? ['field'] : [];
  const param: ValueMode[] = has.params ? ['param'] : [];
  if (only) return ['me', ...field, 'text'];
  const c = f ? fieldClass(f) : 'text';
  switch (c) {
    case 'date':
    case 'instant':
      return ['now', 'today', 'fixed', ...field, 'empty', 'text'];
    case 'link':
    case 'links':
      return [...(f?.to === 'user' ? (['me'] as const) : []), ...(f?.to === 'work' ? [] : (['fixed'] as const)), ...field, 'empty', 'text'];
    case 'table':
    case 'files':
      return [...field, 'empty', 'text'];
    case 'truth':
      return ['fixed', ...field, 'empty', 'text'];
    default:
      return ['fixed', ...field, ...param, 'empty', 'text'];
  }
}
/** May what `from` holds be put into `to`? As the server converts it. */
export function fieldFits(from: Field, to: Field | undefined): boolean {
  if (!to || from.sight === 'masked') return false;
  const a = fieldClass(from);
  const b = fieldClass(to);
  if (a === 'table' || b === 'table') return a === b;
  if (a === 'files' || b === 'files') return a === b;
  if (b === 'text') return true;
  if (a === 'link' || a === 'links') return (b === 'links' || (b === 'link' && a === 'link')) && (from.to === to.to || from.to === 'work' || to.to === 'work');
  const times = isTime(a) && isTime(b);
  return a === b || times || (a === 'choice' && b === 'choices');
}
