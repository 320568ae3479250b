// show / required_when of the pack, answered in the browser with the same filter language. Where the
// browser cannot know, a field is shown and not demanded: the server decides.
import { holds, type FilterEnv, type FilterRecord } from '@/core/filter';
import type { Json } from '@/core/json';
import { now } from '@/core/time';
import type { Field, Section, Type, Values } from '@/core/types';
import { useModel } from '@/stores/model';
import { useSession } from '@/stores/session';
import { toWire } from './values';

export function useConditions(): {
  truth: (filter: Json | undefined, t: Type, values: Values, id?: string) => boolean | undefined;
  shown: (f: Field, t: Type, values: Values, id?: string) => boolean;
  needed: (f: Field, t: Type, values: Values, id?: string) => boolean;
  sectionShown: (s: Section, t: Type, values: Values, id?: string) => boolean;
} {
  const model = useModel();
  const session = useSession();

  function truth(filter: Json | undefined, t: Type, values: Values, id?: string): boolean | undefined {
    if (filter === null || filter === undefined) return true;
    const env: FilterEnv = {
      model: model.model as unknown as FilterEnv['model'],
      now: now.value,
      zone: session.org?.zone ?? 'Asia/Shanghai',
      me: session.user?.id ?? null,
      myTeams: session.user?.teams.map((x) => x.id) ?? [],
      myUnits: session.user?.units ?? [],
      sharedTeams: session.user?.shared ?? [],
    };
    const fields: Values = {};
    for (const [k, v] of Object.entries(values)) fields[k] = toWire(t.fields[k] ?? t.inputs[k], v);
    const record: FilterRecord = { id: id ?? null, fields };
    return holds(filter, t.name, record, env);
  }
  const shown = (f: Field, t: Type, v: Values, id?: string): boolean => truth(f.show, t, v, id) !== false;
  const needed = (f: Field, t: Type, v: Values, id?: string): boolean =>
    f.required === true || (f.needed_when !== null && f.needed_when !== undefined && truth(f.needed_when, t, v, id) === true);
  const sectionShown = (s: Section, t: Type, v: Values, id?: string): boolean => truth(s.show, t, v, id) !== false;
  return { truth, shown, needed, sectionShown };
}
