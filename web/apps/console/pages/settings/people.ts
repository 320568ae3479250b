// Names of users by id, fetched once: what the administration lists speak of.
import { reactive } from 'vue';
import { currentOrg, get, path } from '@/core/api';
import type { Page, Row } from '@/core/types';
import { textOf } from '@/schema/values';

const names = reactive<Record<string, string>>({});
const key = (id: string): string => `${currentOrg()}/${id}`;

export const nameOf = (id: string | null | undefined): string => (id ? (names[key(id)] ?? id) : '');
export async function learn(ids: (string | null | undefined)[]): Promise<void> {
  const want = [...new Set(ids.filter((x): x is string => typeof x === 'string' && /^\d+$/.test(x) && !(key(x) in names)))].slice(0, 100);
  if (!want.length) return;
  try {
    const p = await get<Page<Row>>(path('records', 'user'), { where: `id in (${want.join(', ')})`, columns: 'name', limit: want.length });
    for (const r of p.rows) names[key(r.id)] = textOf(r.fields.name) || r.id;
  } catch {
    // Then the ids stand there.
  }
}
