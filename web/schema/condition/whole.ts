// The model that conditions are built over: what the user sees, or for who edits declarations every type as declared.
import { computed, inject, shallowRef, type ComputedRef, type InjectionKey, type ShallowRef } from 'vue';
import { get, path } from '@/core/api';
import type { Model, Type } from '@/core/types';
import { useModel } from '@/stores/model';

export const wholeModel: InjectionKey<ShallowRef<Model | null>> = Symbol('wholeModel');
export interface Whole {
  model: ComputedRef<Model | null>;
  types: ComputedRef<Record<string, Type>>;
  type: (name: string | null | undefined) => Type | undefined;
}
function over(model: ComputedRef<Model | null>): Whole {
  const types = computed(() => model.value?.types ?? {});
  return { model, types, type: (name) => (name ? types.value[name] : undefined) };
}
export function useWhole(): Whole {
  const given = inject(wholeModel, null);
  const store = useModel();
  return over(computed(() => given?.value ?? store.model));
}
/** For the page that provides it: what is there at once, and the whole when it has come. */
export function fetchWhole(): { given: ShallowRef<Model | null>; whole: Whole; load: () => Promise<void> } {
  const given = shallowRef<Model | null>(null);
  const store = useModel();
  const load = async (): Promise<void> => {
    try {
      given.value = await get<Model>(path('model', 'whole'));
    } catch {
      // Then only what he sees himself.
    }
  };
  return { given, whole: over(computed(() => given.value ?? store.model)), load };
}
