// What a transition asks for, and what its form begins with: nothing but what the pack says
// (`preset`, or `from`: what the record holds), so that no earlier answer is sent again by accident.
import { isEmpty, type Json } from '@/core/json';
import type { Ask, Field, Ref, Transition, Type, Values } from '@/core/types';
import { isMasked, presetOf } from './values';

export const askedField = (type: Type, a: Pick<Ask, 'name' | 'input'>): Field | undefined =>
  (a.input ? type.inputs[a.name] : type.fields[a.name]) ?? type.fields[a.name] ?? type.inputs[a.name];

function startOf(f: Field, a: Ask, values: Values, me: Ref | null): Json {
  if (a.preset !== undefined) return presetOf({ ...f, default: a.preset }, me);
  const held = a.from === undefined ? undefined : values[a.from];
  if (!isEmpty(held) && !isMasked(held)) return held as Json;
  return a.input ? presetOf(f, me) : null;
}

export function startsOf(type: Type, step: Pick<Transition, 'asks'>, values: Values, me: Ref | null): Values {
  const out: Values = {};
  for (const a of step.asks) {
    const f = askedField(type, a);
    if (f) out[a.name] = startOf(f, a, values, me);
  }
  return out;
}

/** What must be filled in: what the step requires, and what it needs and the record lacks. */
export const requiredOf = (step: Pick<Transition, 'asks' | 'needs'>, values: Values): string[] => [
  ...step.asks.filter((a) => a.required).map((a) => a.name),
  ...step.needs.filter((n) => isEmpty(values[n])),
];
/** Handed over is to a colleague or to a team: as long as there is no team, to him. */
export const eitherOf = (step: Pick<Transition, 'asks'>, typed: Values): string[] =>
  isEmpty(typed.to_team) && ['to_owner', 'to_team'].every((n) => step.asks.some((a) => a.name === n)) ? ['to_owner'] : [];
