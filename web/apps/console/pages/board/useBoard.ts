// The board's data: fetched again when something changed, each minute at the latest. Figures change where they
// stand; rows that would move under the pointer wait until they may be shown.
import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue';
import { get, path, type Query } from '@/core/api';
import { isAbort } from '@/core/errors';
import { onChange, onCounts, onReset } from '@/core/live';
import { mergeRows, orderOf, type Board, type BoardRow } from './board';

export function useBoard(query: Ref<Query>, still: () => boolean): {
  board: Ref<Board | null>;
  rows: Ref<BoardRow[]>;
  fresh: Ref<Board | null>;
  error: Ref<unknown>;
  busy: Ref<boolean>;
  load: (quiet?: boolean) => Promise<void>;
  more: () => Promise<void>;
  show: () => void;
} {
  const board = shallowRef<Board | null>(null);
  const rows = shallowRef<BoardRow[]>([]);
  const fresh = shallowRef<Board | null>(null);
  const error = shallowRef<unknown>(null);
  const busy = ref(false);
  let next: string | null = null;
  let stop: AbortController | null = null;

  function put(b: Board, keep: boolean): void {
    fresh.value = null;
    board.value = b;
    rows.value = keep ? mergeRows(rows.value, b.rows) : b.rows;
    if (!keep || rows.value.length === b.rows.length) next = b.next;
  }
  async function load(quiet = false): Promise<void> {
    stop?.abort();
    const mine = (stop = new AbortController());
    busy.value = true;
    try {
      const b = await get<Board>(path('board'), query.value, mine.signal);
      error.value = null;
      const was = board.value;
      if (quiet && was && orderOf({ ...b, rows: b.rows }) !== orderOf({ ...was, rows: rows.value.slice(0, b.rows.length) }) && still()) {
        fresh.value = b;
        board.value = { ...b, rows: was.rows };
      } else put(b, quiet);
    } catch (e) {
      if (!isAbort(e) && (!quiet || !board.value)) error.value = e;
    }
    if (stop === mine) busy.value = false;
  }
  async function more(): Promise<void> {
    if (!next || busy.value) return;
    const mine = (stop = new AbortController());
    busy.value = true;
    try {
      const b = await get<Board>(path('board'), { ...query.value, after: next }, mine.signal);
      rows.value = mergeRows([], [...rows.value, ...b.rows]);
      next = b.next;
      if (board.value) board.value = { ...board.value, next: b.next };
    } catch (e) {
      if (!isAbort(e)) error.value = e;
    }
    if (stop === mine) busy.value = false;
  }
  let later: ReturnType<typeof setTimeout> | undefined;
  const soon = (): void => {
    clearTimeout(later);
    later = setTimeout(() => void load(true), 900);
  };
  onChange(soon);
  onCounts(soon);
  onReset(soon);
  const minute = setInterval(() => void load(true), 60_000);
  onScopeDispose(() => {
    stop?.abort();
    clearTimeout(later);
    clearInterval(minute);
  });
  watch(query, (a, b) => {
    if (JSON.stringify(a) !== JSON.stringify(b)) void load();
  }, { immediate: true });
  return { board, rows, fresh, error, busy, load, more, show: () => fresh.value && put(fresh.value, true) };
}
