// Rows gone through by keys, and many of them chosen: the same on every board.
import { computed, nextTick, ref, type ComputedRef, type Ref } from 'vue';
import { composing } from './keys';

interface Rows<T> {
  active: Ref<string>;
  current: ComputedRef<T | undefined>;
  /** The one that the Tab key reaches: the active one, or the first. */
  at: ComputedRef<string>;
  focus: () => void;
  move: (by: number) => void;
  onKey: (e: KeyboardEvent, r: T) => void;
}
/** `does`: what a key does on a row besides going up and down (Enter, the space bar). */
export function useRows<T>(box: Ref<HTMLElement | undefined>, list: () => T[], keyOf: (r: T) => string, does: Record<string, (r: T) => unknown>): Rows<T> {
  const active = ref('');
  const current = computed(() => list().find((r) => keyOf(r) === active.value));
  const at = computed(() => {
    const first = list()[0];
    return current.value ? active.value : first ? keyOf(first) : '';
  });
  function focus(): void {
    void nextTick(() => {
      const el = box.value?.querySelector<HTMLElement>(`[data-row="${CSS.escape(active.value)}"]`);
      el?.focus({ preventScroll: true });
      el?.scrollIntoView({ block: 'nearest' });
    });
  }
  function move(by: number): void {
    const all = list();
    const to = all[Math.max(0, Math.min(all.length - 1, all.findIndex((r) => keyOf(r) === active.value) + by))];
    if (!to) return;
    active.value = keyOf(to);
    focus();
  }
  function onKey(e: KeyboardEvent, r: T): void {
    if (e.target !== e.currentTarget || composing(e)) return;
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') move(e.key === 'ArrowDown' ? 1 : -1);
    else if (does[e.key]) does[e.key]!(r);
    else return;
    e.preventDefault();
  }
  return { active, current, at, focus, move, onKey };
}

interface Picks<T> {
  pick: (r: T) => void;
  pickAll: () => void;
  allPicked: ComputedRef<boolean>;
}
export function usePicks<T>(picked: Ref<Set<string>>, list: () => T[], keyOf: (r: T) => string): Picks<T> {
  const allPicked = computed(() => list().length > 0 && list().every((r) => picked.value.has(keyOf(r))));
  function pick(r: T): void {
    const next = new Set(picked.value);
    if (!next.delete(keyOf(r))) next.add(keyOf(r));
    picked.value = next;
  }
  return { pick, allPicked, pickAll: () => void (picked.value = allPicked.value ? new Set() : new Set(list().map(keyOf))) };
}
