// Rounds of approval as the list of GET /approvals has them, and the one way a vote is sent.
import { get, newKey, path, post } from '@/core/api';
import type { AnyLabel, Approval, Field, FieldKind, Ref, Vote } from '@/core/types';
import type { Json } from '@/core/json';

export interface Asked {
  id: string;
  route: { name: string; label: AnyLabel };
  record: { id: string; type: string; number: string | null; title: string | null; state: string | null };
  step: { name: string; label: AnyLabel } | null;
  state: Approval['state'];
  round: number;
  started_at: string;
  asked_at: string | null;
  due: string | null;
  ended_at: string | null;
  for: Ref | null;
  by: Ref | null;
  waits_for?: string | null;
  votes: Vote[];
  needs_reason: Vote[];
  summary: { field: string; label: AnyLabel; kind: FieldKind; value: Json }[];
}
export const asked = (state: string, after: string | null, limit = 30): Promise<{ rows: Asked[]; next: string | null }> => get(path('approvals'), { state, after, limit });

/** The step goes along: a vote is never taken for a later one. */
export const sendVote = (id: string, vote: Vote, reason: string, step: string | null): Promise<{ id: string; type: string; version: string; approval: Approval }> =>
  post(path('approvals', id, 'vote'), { vote, ...(reason ? { reason } : {}), ...(step ? { step } : {}) }, { key: newKey() });

/** The step that is being decided, of a record's round. */
export const stepNow = (a: Approval) => a.steps.find((s) => s.state === 'now') ?? null;

/** Whether a field is locked, as far as the record tells. */
export function locks(a: Approval | null | undefined, field: string): boolean {
  return a?.locked === 'all' || (Array.isArray(a?.locked) && a.locked.includes(field));
}
/** What is summed up, so that it is read as on the record: options come from its type's field. */
export const fieldOf = (s: Asked['summary'][number], of: Record<string, Field> | undefined): Field => of?.[s.field] ?? { name: s.field, label: s.label, kind: s.kind };
export const toneOf = (state: string): string => ({ approved: 'done', done: 'done', refused: 'late', returned: 'soon', running: 'accent', now: 'accent' })[state] ?? '';
