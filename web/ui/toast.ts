// Short words about what was done, with a way back where there is one.
import { shallowReactive } from 'vue';
import { errorWords } from '@/core/errors';

export interface Toast {
  id: number;
  text: string;
  tone: 'plain' | 'late' | 'done';
  action?: { label: string; run: () => void };
  ms: number;
}
export const toasts = shallowReactive<Toast[]>([]);
let next = 1;

export function dropToast(id: number): void {
  const at = toasts.findIndex((t) => t.id === id);
  if (at >= 0) toasts.splice(at, 1);
}
export function toast(text: string, o: Partial<Omit<Toast, 'id' | 'text'>> = {}): void {
  const same = toasts.find((t) => t.text === text);
  if (same) dropToast(same.id);
  const one: Toast = { id: next++, text, tone: o.tone ?? 'plain', ms: o.ms ?? (o.action ? 10_000 : o.tone === 'late' ? 8000 : 4000), action: o.action };
  toasts.push(one);
  while (toasts.length > 4) toasts.shift();
  setTimeout(() => dropToast(one.id), one.ms);
}
export const toastDone = (text: string, action?: Toast['action']): void => toast(text, { tone: 'done', action });
export const toastError = (e: unknown): void => toast(typeof e === 'string' ? e : errorWords(e), { tone: 'late' });
