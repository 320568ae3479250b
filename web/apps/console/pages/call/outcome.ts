// What came of a call, as the pack's transitions of a follow-up: which step, with which fields.
import { isEmpty } from '@/core/json';
import type { Field, Transition, Type, Values } from '@/core/types';

export interface Outcome {
  key: string;
  label: Field['label'];
  step: string;
  /** Fields that follow from the outcome itself. */
  fixed: Values;
}

/** 接通, every result of no_answer, 空号, 拒访, 另约: as far as the pack has these steps. */
export function outcomesOf(type: Type | undefined, words: { reached: string }): Outcome[] {
  if (!type) return [];
  const step = (name: string): Transition | undefined => type.transitions.find((t) => t.name === name);
  const out: Outcome[] = [];
  if (step('complete')) out.push({ key: 'reached', label: words.reached, step: 'complete', fixed: {} });
  const tries = type.inputs.try_result;
  if (step('no_answer') && tries) for (const o of tries.options ?? []) if (!o.retired) out.push({ key: o.name, label: o.label, step: 'no_answer', fixed: { try_result: o.name } });
  for (const name of ['dead', 'refuse', 'appoint']) {
    const s = step(name);
    if (s) out.push({ key: name, label: s.label, step: name, fixed: {} });
  }
  return out;
}

/** What is still asked for an outcome, in the pack's order. */
export function askedOf(type: Type | undefined, o: Outcome | undefined): { field: Field; required: boolean }[] {
  const t = o && type?.transitions.find((x) => x.name === o.step);
  if (!t || !type) return [];
  return t.asks
    .filter((a) => !(a.name in o.fixed))
    .map((a) => ({ field: (a.input ? type.inputs[a.name] : type.fields[a.name]) ?? type.fields[a.name] ?? type.inputs[a.name], required: a.required }))
    .filter((x): x is { field: Field; required: boolean } => x.field !== undefined);
}
export const badRating = (v: unknown): boolean => v === 'dissatisfied' || v === 'very_dissatisfied';

/** Names that must be filled in before it can be saved. */
export function missing(asked: { field: Field; required: boolean }[], values: Values): string[] {
  return asked.filter((a) => (a.required || (a.field.name === 'unsatisfied_reason' && badRating(values.satisfaction))) && isEmpty(values[a.field.name])).map((a) => a.field.name);
}
