// Who did what, in words: rows of the log, what they are narrowed to, a sheet of them.
import { label, words } from '@/core/i18n';
import { comma } from '@/core/signs';
import { exactTime } from '@/core/time';
import type { AnyLabel, Label, Ref } from '@/core/types';
import { audit as catalogue } from '@/i18n/audit';

const t = words(catalogue);

export interface Line {
  id: string;
  at: string;
  actor: string | null;
  by: Ref | null;
  type: string;
  record: string | null;
  number: string | null;
  kind: string;
  origin?: string | null;
  why?: string;
  fields?: string[];
  field?: string;
  reason?: string;
  rows?: number;
  format?: string;
  where?: string;
  where_words?: Label;
  columns?: string[];
  whose?: Ref | null;
  times?: number;
  last_at?: string;
}
export type Kinds = Record<string, Label & { fields: Record<string, AnyLabel> }>;
export interface Answer {
  events: Line[];
  types: Kinds;
  next: string | null;
}

/** What people look for; the server takes the kinds by commas. */
export const kindGroups = {
  seen: 'seen',
  signs: 'signed_in,sign_in_refused,signed_out,password_changed,token_made,token_removed',
  out: 'exported,printed,issued',
  changes: 'created,imported,import_run,changed,commented,linked,unlinked,merged,comments_taken,comments_moved,comments_returned',
  work: 'did,handed_over,accepted,refused,assigned,taken,task_added,approval_started,voted,approval_ended',
  gone: 'removed,erased,undone',
  system: 'clock_warned,clock_breached,clock_moved,clock_declared,rule_fired,rule_stopped,escalated,notified',
} as const;
export type KindGroup = keyof typeof kindGroups;
export const isGroup = (k: string): k is KindGroup => k in kindGroups;

const names = (kinds: Kinds, type: string, fields: string[]): string => fields.map((f) => label(kinds[type]?.fields[f]) || f).join(comma());
export const kindWord = (k: string): string => (`k_${k}` in catalogue ? t(`k_${k}` as 'k_created') : k);

/** What was done, and what must be known of it; the first is said strongly. */
export function wordsOf(l: Line, kinds: Kinds): string[] {
  if (l.kind === 'exported')
    return [
      t('x_exported', { n: l.rows ?? 0, format: (l.format ?? '').toUpperCase() }),
      l.where ? t('x_where', { where: label(l.where_words) || l.where }) : t('x_everything'),
      t('x_columns', { columns: names(kinds, l.type, l.columns ?? []) }),
    ];
  if (l.kind === 'seen') {
    const fields = names(kinds, l.type, l.fields ?? []);
    return [t(l.why === 'reveal' ? 'x_revealed' : l.why === 'export' ? 'x_seen_export' : 'x_seen', { fields })];
  }
  if (l.kind === 'revealed') return [t('x_revealed', { fields: names(kinds, l.type, l.field ? [l.field] : []) }), ...(l.reason ? [t('x_reason', { reason: l.reason })] : [])];
  if ((l.times ?? 1) > 1) return [kindWord(l.kind), t('x_times', { n: l.times!, at: exactTime(l.last_at ?? l.at) })];
  return [kindWord(l.kind)];
}
export const whoOf = (l: Line): string => (l.actor ? (l.by?.label ?? l.actor) : t(l.times ? 'someone' : 'system'));
/** Of a list that left the house the list is said, of a record its kind and number. */
export function onWhat(l: Line, kinds: Kinds): string {
  const type = label(kinds[l.type]) || l.type;
  if (l.times) return l.whose ? `${type} ${l.whose.label ?? l.whose.id}` : t('stranger');
  return l.record ? (l.number ? `${type} ${l.number}` : type) : t('sorts', { type });
}
/** “web 10.0.0.7”: how it came in, and from where. */
export function originOf(l: Line): string {
  const [way = '', ...rest] = (l.origin ?? '').split(' ');
  return `o_${way}` in catalogue ? t(`o_${way}` as 'o_web', { rest: rest.join(' ') }).trim() : (l.origin ?? '');
}

export const sheetOf = (lines: Line[], kinds: Kinds): string[][] => [
  [t('when'), t('who'), t('did'), t('on'), t('origin')],
  ...lines.map((l) => [exactTime(l.at), whoOf(l), wordsOf(l, kinds).join('；'), onWhat(l, kinds), originOf(l)]),
];
export function joinKinds(a: Kinds, b: Kinds): Kinds {
  const out = { ...a };
  for (const [k, v] of Object.entries(b)) out[k] = { ...v, fields: { ...a[k]?.fields, ...v.fields } };
  return out;
}
