// Finding records to link to, by what people know: name, pinyin, phone tail, code.
import { get, path } from '@/core/api';
import { useModel } from '@/stores/model';
import type { Json } from '@/core/json';
import { label } from '@/core/i18n';
import type { LookupHit, Page, Ref, Row } from '@/core/types';
import type { Choice } from '@/ui/Combo.vue';
import { sayValue } from './values';

export interface RefChoice extends Choice {
  ref: Ref;
}
export const asChoice = (r: Ref): RefChoice => ({ key: r.id, label: r.label || r.id, ref: r });

/** Before anything is typed: the newest few, which is all of them for teams and colleagues. */
async function firstRefs(type: string, signal: AbortSignal): Promise<RefChoice[]> {
  const x = useModel().type(type);
  if (!x?.title || !x.rights.read) return [];
  const columns = [x.title, 'number'].filter((n) => x.fields[n]);
  const p = await get<Page<Row>>(path('records', type), { limit: 20, sort: '-id', columns: columns.join(','), where: x.fields.active ? 'active = true' : '' }, signal);
  return p.rows.map((r) => {
    const name = sayValue(x.fields[x.title!], r.fields[x.title!]) || r.id;
    return { key: r.id, label: name, about: x.title === 'number' ? '' : String(r.fields.number ?? ''), ref: { id: r.id, label: name, type } };
  });
}

/** A matter of this type, or of whatever type: by its number, its words, a tail of the phone. */
async function findMatters(q: string, signal: AbortSignal, type = ''): Promise<RefChoice[]> {
  const model = useModel();
  const r = await get<{ hits: { id: string; type: string; number: string | null; title: string | null }[] }>(path('search'), type ? { q, limit: 12, type } : { q, limit: 20 }, signal);
  return r.hits
    .filter((h) => model.type(h.type)?.uses_work)
    .slice(0, 12)
    .map((h) => {
      const name = h.title || h.number || h.id;
      return { key: h.id, label: name, about: [type ? '' : label(model.type(h.type)?.label), h.number].filter(Boolean).join(' '), ref: { id: h.id, label: name, type: h.type } };
    });
}

export async function findRefs(type: string, q: string, signal: AbortSignal): Promise<RefChoice[]> {
  if (type === 'work') return q ? findMatters(q, signal) : [];
  if (!q) return firstRefs(type, signal);
  const matters = useModel().type(type)?.uses_work ? await findMatters(q, signal, type) : [];
  if (matters.length) return matters;
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
