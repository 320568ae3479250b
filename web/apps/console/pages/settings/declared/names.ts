// Names that several forms offer: roles, notice templates, calendars, holidays. Fetched once a page.
import { computed, ref, type ComputedRef, type Ref } from 'vue';
import { currentOrg } from '@/core/api';
import { label } from '@/core/i18n';
import type { Field } from '@/core/types';
import { useWhole } from '@/schema/condition/whole';
import { fetchDeclared, type Declared, type SectionName } from './declared';

export interface Named {
  key: string;
  label: string;
}
const kept = new Map<string, Ref<Declared[]>>();
export function useDeclaredList(section: SectionName, anew = false): Ref<Declared[]> {
  const key = `${currentOrg()}/${section}`;
  let r = kept.get(key);
  if (!r || anew) {
    const mine = r ?? ref<Declared[]>([]);
    kept.set(key, mine as Ref<Declared[]>);
    r = mine as Ref<Declared[]>;
    fetchDeclared(section)
      .then((x) => (mine.value = x.list))
      .catch(() => undefined); // a form without suggestions still takes names
  }
  return r;
}
export function useTemplates(): ComputedRef<Named[]> {
  const all = useDeclaredList('notices');
  return computed(() => all.value.map((d) => ({ key: d.name, label: label(d.label) || d.name })));
}
/** The roles of the packs: the options of the role's own field, or of any field that offers roles. */
export function useRoles(): ComputedRef<Named[]> {
  const { types, type } = useWhole();
  return computed(() => {
    const fields: Field[] = [...Object.values(type('role')?.fields ?? {}), ...Object.values(types.value).flatMap((t) => Object.values(t.fields))];
    const f = fields.find((x) => ['agent', 'lead'].every((r) => x.options?.some((o) => o.name === r)));
    return (f?.options ?? [{ name: 'agent', label: 'agent' }, { name: 'lead', label: 'lead' }, { name: 'manager', label: 'manager' }, { name: 'head', label: 'head' }]).map((o) => ({ key: o.name, label: label(o.label) || o.name }));
  });
}
