import { onScopeDispose } from 'vue';

/** An event listener for as long as the component lives. */
export function useEventListener<K extends keyof WindowEventMap>(on: Window, name: K, fn: (e: WindowEventMap[K]) => void): void {
  on.addEventListener(name, fn);
  onScopeDispose(() => on.removeEventListener(name, fn));
}
