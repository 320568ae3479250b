// Finding records to link to, by what people know: name, pinyin, phone tail, code.
import { get, path } from '@/core/api';
import type { Json } from '@/core/json';
import type { LookupHit, Ref } from '@/core/types';
import type { Choice } from '@/ui/Combo.vue';

export interface RefChoice extends Choice {
  ref: Ref;
}
export const asChoice = (r: Ref): RefChoice => ({ key: r.id, label: r.label || r.id, ref: r });

export async function findRefs(type: string, q: string, signal: AbortSignal): Promise<RefChoice[]> {
  const r = await get<{ hits: LookupHit[] }>(path('lookup', type), { q, limit: 12 }, signal);
  return r.hits.map((h) => ({ key: h.id, label: h.label, about: aboutHit(h.fields), ref: { id: h.id, label: h.label, type: h.type } }));
}
function aboutHit(fields: { [k: string]: Json }): string {
  return ['code', 'number', 'region', 'post']
    .map((k) => fields?.[k])
    .filter((v) => typeof v === 'string' && v)
    .slice(0, 2)
    .join(' ');
}
