import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import { call, path } from '@/core/api';
import type { Field, Model, RailEntry, State, Type } from '@/core/types';

export const useModel = defineStore('model', () => {
  const model = shallowRef<Model | null>(null);
  let etag: string | null = null;
  let of = '';

  /** Fetches the model; a second call costs a 304 while nothing changed. */
  async function load(org: string): Promise<void> {
    if (org !== of) etag = null;
    const r = await call<Model | null>('GET', path('model'), etag ? { ifNone: `"${etag}"` } : {});
    if (r.status !== 304 && r.data) {
      model.value = r.data;
      etag = r.etag;
      of = org;
    }
  }
  function clear(): void {
    model.value = null;
    etag = null;
  }

  const types = computed<Record<string, Type>>(() => model.value?.types ?? {});
  const rail = computed<RailEntry[]>(() => model.value?.rail ?? []);
  const type = (name: string | null | undefined): Type | undefined => (name ? types.value[name] : undefined);

  return { model, types, rail, type, load, clear };
});

/** The field a path names: `owner`, `customer.name`. */
export function fieldAt(types: Record<string, Type>, t: Type | undefined, path: string): Field | undefined {
  const parts = path.split('.');
  let at = t;
  for (let i = 0; i < parts.length; i++) {
    const f = at?.fields[parts[i]!];
    if (!f || i === parts.length - 1) return f;
    at = f.to ? types[f.to] : undefined;
  }
  return undefined;
}

export const stateOf = (t: Type | undefined, name: unknown): State | undefined => t?.states.find((s) => s.name === name);
