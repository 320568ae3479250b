// Settings by name: what was changed is sent, what was emptied is taken away, secrets only when typed anew.
import type { Json } from '@/core/json';

const secret = (k: string): boolean => k === 'mail.password' || /^webhook\..+\.secret$/.test(k);

export function changedSettings(kept: Record<string, Json>, typed: Record<string, string>): Record<string, Json> {
  const out: Record<string, Json> = {};
  for (const [k, raw] of Object.entries(typed)) {
    const v = secret(k) ? raw : raw.trim();
    if (secret(k)) {
      if (v) out[k] = v;
      continue;
    }
    const before = typeof kept[k] === 'string' ? kept[k] : '';
    if (v !== before) out[k] = v || null;
  }
  return out;
}
export interface Hook {
  name: string;
  url: string;
  secret: boolean;
}
export function hooksOf(kept: Record<string, Json>): Hook[] {
  const names = new Set<string>();
  for (const k of Object.keys(kept)) {
    const m = /^webhook\.(.+)\.(url|secret)$/.exec(k);
    if (m && kept[k] !== null && kept[k] !== false) names.add(m[1]!);
  }
  return [...names].sort().map((name) => ({ name, url: String(kept[`webhook.${name}.url`] ?? ''), secret: kept[`webhook.${name}.secret`] === true }));
}
