// Records that forms of routes offer by their codes: teams, skills, people. Fetched once a page.
import { ref, type Ref } from 'vue';
import { currentOrg, get, path } from '@/core/api';
import type { Page, Row } from '@/core/types';
import type { Named } from './names';

const kept = new Map<string, Ref<Named[]>>();
/** `key`: what the declaration names it by. */
export function useListed(type: 'team' | 'skill' | 'user', anew = false): Ref<Named[]> {
  const at = `${currentOrg()}/${type}`;
  let r = kept.get(at);
  if (r && !anew) return r;
  r ??= ref<Named[]>([]);
  kept.set(at, r);
  const mine = r;
  const key = type === 'user' ? 'login' : 'code';
  get<Page<Row>>(path('records', type), { columns: `${key},name`, sort: key, limit: 200, ...(type === 'user' ? { where: 'active = true' } : {}) })
    .then((p) => (mine.value = p.rows.map((x) => ({ key: String(x.fields[key] ?? ''), label: String(x.fields.name ?? x.fields[key] ?? '') })).filter((x) => x.key)))
    .catch(() => undefined); // a form without suggestions still takes what is written
  return mine;
}
