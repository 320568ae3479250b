// What somebody typed outlives a reload, an expired session and a lost line: kept in this browser
// tab's storage by a name, until it was saved.
import { watch, type Ref } from 'vue';

const prefix = 'sw.draft.';
let whose = '';
/** Drafts are one person's in one organisation: the next one at this computer doesn't find them. */
export function draftsOf(org: string, user: string): void {
  whose = `${org}.${user}.`;
}

export function readDraft<T>(name: string): T | null {
  try {
    const text = sessionStorage.getItem(prefix + whose + name);
    return text ? (JSON.parse(text) as T) : null;
  } catch {
    return null;
  }
}

export function keepDraft(name: string, value: unknown): void {
  try {
    if (value === null || value === undefined || value === '') sessionStorage.removeItem(prefix + whose + name);
    else sessionStorage.setItem(prefix + whose + name, JSON.stringify(value));
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
