// Matters that have to do with each other: in which words and in what order a page says so.
import type { FullRecord, LinkedMatter, ListDef, MatterLink } from '@/core/types';
import { refOf } from '@/schema/values';

/** What the menu of a record's page asks for. */
export type MatterAsk = 'macro' | 'link' | 'split' | 'merge';
export type Kind = 'blocked_by' | 'parent' | 'child' | 'blocks' | 'split_from' | 'split_into' | 'duplicate' | 'duplicates' | 'related';
export interface Linked {
  key: string;
  kind: Kind;
  matter: LinkedMatter | null;
  /** Absent: it is no link of its own (a parent). */
  link?: MatterLink;
}
export interface LinkGroup {
  kind: Kind;
  rows: Linked[];
}
const order: Kind[] = ['blocked_by', 'parent', 'child', 'blocks', 'split_from', 'split_into', 'duplicate', 'duplicates', 'related'];

/** As seen from this record: who blocks it stands on the other side of the same link. */
export function kindOf(link: Pick<MatterLink, 'kind' | 'out'>): Kind {
  if (link.kind === 'blocks') return link.out ? 'blocks' : 'blocked_by';
  if (link.kind === 'split_from') return link.out ? 'split_from' : 'split_into';
  if (link.kind === 'duplicate') return link.out ? 'duplicate' : 'duplicates';
  return 'related';
}
/** Parts that the page lists by themselves anyway (its tasks) are not said twice. */
export function linkGroups(record: Pick<FullRecord, 'links' | 'children' | 'fields'>, lists: Pick<ListDef, 'of' | 'show'>[] = []): LinkGroup[] {
  const parent = refOf(record.fields.parent);
  const all: Linked[] = [
    ...(parent ? [{ key: `p${parent.id}`, kind: 'parent' as const, matter: { id: parent.id, type: parent.type ?? '', number: null, title: parent.label, state: null, stage: null, owner: null, may_read: true } }] : []),
    ...(record.children ?? []).filter((m) => !lists.some((l) => l.show && l.of === m.type)).map((m): Linked => ({ key: `c${m.id}`, kind: 'child', matter: m })),
    ...(record.links ?? []).map((l): Linked => ({ key: l.id, kind: kindOf(l), matter: l.record, link: l })),
  ];
  return order.map((kind) => ({ kind, rows: all.filter((x) => x.kind === kind) })).filter((g) => g.rows.length);
}
/** What POST …/links takes to make this link again. */
export const askOf = (kind: Kind): string => (kind === 'duplicates' ? 'duplicate' : kind);

/** Where each thing goes: the number of a part, or none of them. */
export function movesOf(at: Map<string, number>, part: number): Record<string, string[]> {
  const out: Record<string, string[]> = {};
  for (const [key, to] of at) {
    if (to !== part) continue;
    const cut = key.indexOf('/');
    (out[key.slice(0, cut)] ??= []).push(key.slice(cut + 1));
  }
  return out;
}
