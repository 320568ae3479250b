// One list: pages fetched as the reader scrolls; what changes elsewhere is put in place where it is
// shown already, and only announced where it would move rows under the pointer.
import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue';
import { get, path } from '@/core/api';
import { isAbort } from '@/core/errors';
import { onChange, onReset } from '@/core/live';
import type { Count, Page, Row } from '@/core/types';

export interface ListQuery {
  type: string;
  where: string;
  sort: string[];
  columns: string[];
}
const pageRows = 100;

/** A clock's due time is said by its state, which therefore comes along. */
export const asked = (columns: string[]): string[] => [
  ...new Set(columns.flatMap((c) => (/^clock_\w+_due$/.test(c) ? [c, c.replace(/_due$/, '_state')] : [c]))),
];

export function useList(query: Ref<ListQuery | null>): {
  rows: Ref<Row[]>;
  count: Ref<Count | null>;
  busy: Ref<boolean>;
  error: Ref<unknown>;
  ended: Ref<boolean>;
  news: Ref<number>;
  changed: Ref<Set<string>>;
  more: () => Promise<void>;
  reload: () => Promise<void>;
  refetch: (ids: string[]) => Promise<void>;
} {
  const rows = shallowRef<Row[]>([]);
  const count = ref<Count | null>(null);
  const busy = ref(false);
  const error = shallowRef<unknown>(null);
  const ended = ref(false);
  const news = ref(0);
  const changed = ref(new Set<string>());
  let next: string | null = null;
  let stop: AbortController | null = null;
  let waiting = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const ask = (q: ListQuery, after: string | null, signal: AbortSignal): Promise<Page<Row>> =>
    get<Page<Row>>(
      path('records', q.type),
      { where: q.where, sort: q.sort.join(','), columns: asked(q.columns).join(','), limit: pageRows, after, count: after === null },
      signal,
    );

  async function reload(): Promise<void> {
    const q = query.value;
    stop?.abort();
    if (!q) return;
    const mine = (stop = new AbortController());
    busy.value = true;
    error.value = null;
    news.value = 0;
    try {
      const p = await ask(q, null, mine.signal);
      rows.value = p.rows;
      next = p.next;
      ended.value = p.next === null;
      count.value = p.count ?? null;
    } catch (e) {
      if (isAbort(e)) return;
      error.value = e;
      rows.value = [];
      count.value = null;
    }
    if (stop === mine) busy.value = false;
  }
  async function more(): Promise<void> {
    const q = query.value;
    if (!q || busy.value || ended.value || next === null) return;
    const mine = (stop = new AbortController());
    busy.value = true;
    try {
      const p = await ask(q, next, mine.signal);
      const have = new Set(rows.value.map((r) => r.id));
      rows.value = [...rows.value, ...p.rows.filter((r) => !have.has(r.id))];
      next = p.next;
      ended.value = p.next === null;
    } catch (e) {
      if (isAbort(e)) return;
      error.value = e;
    }
    if (stop === mine) busy.value = false;
  }
  /** Fetches rows that are shown again, without moving them. */
  async function refetch(ids: string[]): Promise<void> {
    const q = query.value;
    const shown = ids.filter((id) => rows.value.some((r) => r.id === id)).slice(0, 100);
    if (!q || !shown.length) return;
    try {
      const p = await get<Page<Row>>(path('records', q.type), { where: `id in (${shown.join(', ')})`, columns: asked(q.columns).join(','), limit: shown.length });
      const fresh = new Map(p.rows.map((r) => [r.id, r]));
      rows.value = rows.value.map((r) => fresh.get(r.id) ?? r);
      changed.value = new Set(fresh.keys());
      setTimeout(() => (changed.value = new Set()), 1800);
    } catch {
      // The next change or reload shows it.
    }
  }

  onChange((c) => {
    if (c.type !== query.value?.type) return;
    waiting.add(c.id);
    clearTimeout(timer);
    timer = setTimeout(() => {
      const ids = [...waiting];
      waiting = new Set();
      const shown = ids.filter((id) => rows.value.some((r) => r.id === id));
      if (shown.length) void refetch(shown);
      if (!rows.value.length) void reload();
      else news.value += ids.length - shown.length;
    }, 350);
  });
  // Too much was missed: what is shown is fetched again where it stands, and the rest announced.
  onReset(() => {
    if (!rows.value.length) return void reload();
    void refetch(rows.value.map((r) => r.id));
    news.value++;
  });
  watch(query, (a, b) => {
    if (JSON.stringify(a) !== JSON.stringify(b)) void reload();
  }, { immediate: true });
  onScopeDispose(() => {
    stop?.abort();
    clearTimeout(timer);
  });
  return { rows, count, busy, error, ended, news, changed, more, reload, refetch };
}
