// The queues' data: fetched again as soon as something is heard of, and now and then all the
// same, for what was not told. A second hand lets waits count on.
import { onScopeDispose, ref, shallowRef, type Ref } from 'vue';
import { get, path } from '@/core/api';
import { isAbort } from '@/core/errors';
import { onChange, onCounts, onQueues, onReset, onRing } from '@/core/live';
import { serverNow } from '@/core/time';
import type { Queues } from './queues';

const eachMs = 1_000; // at most so often
const idleMs = 15_000;

/** `allowed`: who may not see it asks for nothing. */
export function useQueues(allowed: () => boolean): { board: Ref<Queues | null>; error: Ref<unknown>; load: () => Promise<void>; tick: Ref<number> } {
  const board = shallowRef<Queues | null>(null);
  const error = shallowRef<unknown>(null);
  const tick = ref(serverNow());
  let stop: AbortController | null = null;
  let began = 0;
  let later: ReturnType<typeof setTimeout> | undefined;

  async function load(): Promise<void> {
    if (!allowed()) return;
    stop?.abort();
    const mine = (stop = new AbortController());
    began = Date.now();
    try {
      board.value = await get<Queues>(path('queues'), undefined, mine.signal);
      error.value = null;
    } catch (e) {
      if (!isAbort(e) && !board.value) error.value = e;
    }
  }
  function soon(): void {
    if (later !== undefined) return;
    later = setTimeout(() => {
      later = undefined;
      void load();
    }, Math.max(250, began + eachMs - Date.now()));
  }
  onChange(soon);
  onCounts(soon);
  onRing(soon);
  if (allowed()) onQueues(soon);
  onReset(soon);
  const seconds = setInterval(() => {
    tick.value = serverNow();
    if (document.visibilityState === 'visible' && Date.now() - began > idleMs) soon();
  }, 1_000);
  onScopeDispose(() => {
    stop?.abort();
    clearTimeout(later);
    clearInterval(seconds);
  });
  void load();
  return { board, error, load, tick };
}
