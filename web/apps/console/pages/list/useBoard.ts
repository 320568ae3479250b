// The columns of a board: the first cards of every state. What changes elsewhere is put where it belongs
// now unless somebody drags or fills in; what is new is only announced.
import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue';
import { get, path } from '@/core/api';
import { isAbort } from '@/core/errors';
import { onChange, onReset } from '@/core/live';
import type { Count, Page, Row } from '@/core/types';
import { both } from '@/schema/list/chips';
import type { ListQuery } from '@/schema/list/useList';

const cardsShown = 50;
export interface Column {
  rows: Row[];
  count: Count | null;
}

export function useBoard(query: Ref<ListQuery | null>, states: Ref<string[]>, still: () => boolean) {
  const columns = shallowRef<Record<string, Column>>({});
  const error = shallowRef<unknown>(null);
  const busy = ref(false);
  const news = ref(0);
  let stop: AbortController | null = null;
  let waiting = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function reload(): Promise<void> {
    const q = query.value;
    stop?.abort();
    if (!q) return;
    const mine = (stop = new AbortController());
    busy.value = true;
    try {
      const ask = (state: string): Promise<Page<Row>> =>
        get<Page<Row>>(path('records', q.type), { where: both(q.where, `state = ${state}`), sort: q.sort.join(','), columns: q.columns.join(','), limit: cardsShown, count: true }, mine.signal);
      const got = await Promise.all(states.value.map(ask));
      columns.value = Object.fromEntries(states.value.map((s, i) => [s, { rows: got[i]!.rows, count: got[i]!.count ?? null }]));
      error.value = null;
      news.value = 0;
    } catch (e) {
      if (isAbort(e)) return;
      error.value = e;
    }
    if (stop === mine) busy.value = false;
  }
  const find = (id: string): Row | undefined => Object.values(columns.value).flatMap((c) => c.rows).find((r) => r.id === id);
  /** Puts a card where its state says, or takes it away (`row` null). */
  function place(id: string, row: Row | null): void {
    const to = row ? String(row.fields.state) : '';
    const next: Record<string, Column> = {};
    for (const [state, c] of Object.entries(columns.value)) {
      const at = c.rows.findIndex((r) => r.id === id);
      let rows = c.rows;
      let n = c.count?.n ?? 0;
      if (at >= 0 && state === to) rows = rows.map((r) => (r.id === id ? row! : r));
      else if (at >= 0) {
        rows = rows.filter((r) => r.id !== id);
        n--;
      } else if (state === to) {
        rows = [row!, ...rows];
        n++;
      }
      next[state] = { rows, count: c.count && { ...c.count, n } };
    }
    columns.value = next;
  }
  async function refetch(ids: string[]): Promise<void> {
    const q = query.value;
    const shown = ids.filter(find).slice(0, 100);
    if (!q || !shown.length) return;
    try {
      const p = await get<Page<Row>>(path('records', q.type), { where: both(q.where, `id in (${shown.join(', ')})`), columns: q.columns.join(','), limit: shown.length });
      for (const id of shown) place(id, p.rows.find((r) => r.id === id) ?? null);
    } catch {
      // The next change or reload shows it.
    }
  }
  function look(): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!still()) return look();
      const ids = [...waiting];
      waiting = new Set();
      void refetch(ids);
      news.value += ids.filter((id) => !find(id)).length;
    }, 350);
  }
  onChange((c) => {
    if (c.type !== query.value?.type) return;
    waiting.add(c.id);
    look();
  });
  onReset(() => news.value++);
  watch([query, states], (a, b) => {
    if (JSON.stringify(a) === JSON.stringify(b)) return;
    void reload();
  }, { immediate: true });
  onScopeDispose(() => {
    stop?.abort();
    clearTimeout(timer);
  });
  return { columns, error, busy, news, reload, place, refetch };
}
