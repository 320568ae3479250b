// What leads a record from its state to another: by the type alone before the server was asked, by
// its offers afterwards.
import type { AnyLabel, FullRecord, Offer, State, Transition, Type } from '@/core/types';

export const statesOf = (type: Type | undefined): State[] => (type?.fields.state ? type.states : []);

/** Steps of the type that may lead from one state to another. */
export const waysOf = (type: Type, from: string, to: string): Transition[] =>
  type.transitions.filter((t) => t.to === to && from !== to && (!t.from.length || t.from.includes(from)));

export interface Way {
  allowed: Offer[];
  /** Why there is none; empty: no step leads there at all. */
  why: AnyLabel[];
}
/** The same for one record and this user. */
export function offersTo(record: FullRecord, to: string): Way {
  const all = record.can.transitions.filter((o) => o.to === to);
  return { allowed: all.filter((o) => o.allowed), why: all.filter((o) => !o.allowed).map((o) => o.why) };
}
