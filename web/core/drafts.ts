// What somebody typed outlives a reload, an expired session and a lost line: kept in this browser
// tab's storage by a name, until it was saved.
import { watch, type Ref } from 'vue';

const prefix = 'sw.draft.';

export function readDraft<T>(name: string): T | null {
  try {
    const text = sessionStorage.getItem(prefix + name);
    return text ? (JSON.parse(text) as T) : null;
  } catch {
    return null;
  }
}

export function keepDraft(name: string, value: unknown): void {
  try {
    if (value === null || value === undefined || value === '') sessionStorage.removeItem(prefix + name);
    else sessionStorage.setItem(prefix + name, JSON.stringify(value));
  } catch {
    // Storage is full or closed: then only the page itself keeps it.
  }
}

export const dropDraft = (name: string): void => keepDraft(name, null);

/** Keeps a ref's value under a name that may change (e.g. with the record shown). */
export function useDraft<T>(name: () => string, value: Ref<T>, empty: () => T): void {
  watch(
    name,
    (n) => {
      value.value = readDraft<T>(n) ?? empty();
    },
    { immediate: true },
  );
  watch(value, (v) => keepDraft(name(), JSON.stringify(v) === JSON.stringify(empty()) ? null : v), { deep: true });
}
