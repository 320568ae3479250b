// Shortcuts. Registered by a component for as long as it lives; the newest registration wins; while
// an input method composes nothing fires, and a plain letter never fires while somebody types.
import { onScopeDispose, shallowReactive } from 'vue';

export interface Shortcut {
  /** 'j', '/', 'Enter', 'Escape', 'F2', 'Ctrl+K', 'Alt+N', 'Shift+?'; Ctrl also means ⌘ */
  keys: string;
  /** For the list on `?`; without words it is not listed. */
  says?: () => string;
  group?: () => string;
  run: (e: KeyboardEvent) => void | boolean;
  /** Fires in text fields too (always so for Ctrl, Alt and F-keys). */
  typing?: boolean;
  when?: () => boolean;
}

interface Entry extends Shortcut {
  want: string;
}

const entries = shallowReactive<Entry[]>([]);

const order = ['Ctrl', 'Alt', 'Shift'];

export function canonical(keys: string): string {
  const parts = keys.split('+').filter(Boolean);
  if (keys.endsWith('++') || keys === '+') parts.push('+');
  const key = parts.pop() ?? '';
  const mods = parts.sort((a, b) => order.indexOf(a) - order.indexOf(b));
  return [...mods, key.length === 1 ? key.toLowerCase() : key].join('+');
}

export function keyOf(e: KeyboardEvent): string {
  const mods: string[] = [];
  if (e.ctrlKey || e.metaKey) mods.push('Ctrl');
  if (e.altKey) mods.push('Alt');
  let key = e.key;
  // On a Chinese layout / and ? come as 、 and ？; Alt may turn letters into signs, the code stays.
  if (key === '、' && e.code === 'Slash') key = '/';
  if (key === '？') key = '?';
  if (e.altKey && /^Key[A-Z]$/.test(e.code)) key = e.code.slice(3).toLowerCase();
  if (e.altKey && /^Digit\d$/.test(e.code)) key = e.code.slice(5);
  const letter = /^[a-z]$/i.test(key);
  if (e.shiftKey && (letter || key.length > 1)) mods.push('Shift');
  return [...mods, key.length === 1 ? key.toLowerCase() : key].join('+');
}

export const composing = (e: KeyboardEvent): boolean => e.isComposing || e.keyCode === 229;

export function typingIn(target: EventTarget | null): boolean {
  const el = target as HTMLElement | null;
  if (!el || typeof el.matches !== 'function') return false;
  if (el.isContentEditable) return true;
  return el.matches('textarea, select, input:not([type=checkbox]):not([type=radio]):not([type=button]):not([type=submit])');
}

export function dispatch(e: KeyboardEvent): boolean {
  if (e.defaultPrevented || composing(e)) return false;
  const got = keyOf(e);
  const bare = !/^(Ctrl|Alt)\+/.test(got) && !/^F\d+$/.test(got);
  const typing = bare && typingIn(e.target);
  for (let i = entries.length - 1; i >= 0; i--) {
    const s = entries[i]!;
    if (s.want !== got || (typing && !s.typing) || (s.when && !s.when())) continue;
    if (s.run(e) === false) continue;
    e.preventDefault();
    return true;
  }
  return false;
}

let listening = false;

/** Registers shortcuts until the calling component (or effect scope) ends. */
export function useKeys(...list: Shortcut[]): void {
  if (!listening) {
    document.addEventListener('keydown', dispatch);
    listening = true;
  }
  const mine = list.map((s) => ({ ...s, want: canonical(s.keys) }));
  entries.push(...mine);
  onScopeDispose(() => {
    for (const m of mine) {
      const at = entries.indexOf(m);
      if (at >= 0) entries.splice(at, 1);
    }
  }, true);
}

/** What the list on `?` shows: one line a key, by group. */
export function shortcutList(): { group: string; keys: string; says: string }[] {
  const seen = new Set<string>();
  const out: { group: string; keys: string; says: string }[] = [];
  for (let i = entries.length - 1; i >= 0; i--) {
    const s = entries[i]!;
    if (!s.says || seen.has(s.want) || (s.when && !s.when())) continue;
    seen.add(s.want);
    out.push({ group: s.group?.() ?? '', keys: s.keys, says: s.says() });
  }
  return out.reverse();
}
