// One record on the screen: loaded, kept up to date by /live, changed with its version. A stale
// change keeps what was typed and tells what the colleague changed.
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue';
import { call, newKey, path } from '@/core/api';
import { ApiError } from '@/core/api';
import { isAbort, isCode } from '@/core/errors';
import { same, type Json } from '@/core/json';
import { onChange, onReset, watchRecord } from '@/core/live';
import { getRecord } from '@/core/records';
import type { FullRecord, Ref as RecordRef, Type, Values } from '@/core/types';
import { toWire } from '@/schema/values';
import { useModel } from '@/stores/model';
import { useSession } from '@/stores/session';

export interface Clash {
  /** What the colleague changed, by field. */
  theirs: { field: string; before: Json; after: Json }[];
  /** Tries mine again on their version. */
  again: () => Promise<void>;
}

export interface RecordHandle {
  record: Ref<FullRecord | null>;
  type: Ref<Type | undefined>;
  error: Ref<unknown>;
  busy: Ref<boolean>;
  clash: Ref<Clash | null>;
  watching: Ref<RecordRef[]>;
  /** Counts up whenever the timeline may have grown. */
  beats: Ref<number>;
  load: () => Promise<void>;
  change: (fields: Values) => Promise<void>;
  act: (transition: string, fields: Values) => Promise<void>;
}

export function useRecord(typeName: Ref<string>, id: Ref<string>): RecordHandle {
  const model = useModel();
  const session = useSession();
  const record = shallowRef<FullRecord | null>(null);
  const error = shallowRef<unknown>(null);
  const busy = ref(false);
  const clash = shallowRef<Clash | null>(null);
  const watching = ref<RecordRef[]>([]);
  const beats = ref(0);
  const type = computed(() => model.type(typeName.value));
  let stop: AbortController | null = null;
  let leave: (() => void) | null = null;
  let saving = 0;

  const url = (...more: string[]): string => path('records', typeName.value, id.value, ...more);
  function put(r: FullRecord | null, etag: string | null): void {
    // An answer to what was done before one went on to another record.
    if (!r || r.id !== id.value) return;
    if ((r as { gone?: boolean }).gone) {
      error.value = new ApiError(404, 'not_found', '');
      return;
    }
    // Asked for before what is shown was saved, answered after it.
    if (record.value?.id === r.id && Number(etag ?? r.version) < Number(record.value.version)) return;
    record.value = etag ? { ...r, version: etag } : r;
    if (r.watching) watching.value = r.watching.filter((u) => u.id !== session.user?.id);
    beats.value++;
  }
  async function fetchNow(signal?: AbortSignal): Promise<FullRecord> {
    return getRecord(typeName.value, id.value, signal);
  }
  /** Quietly: what is shown, and what is typed in it, stays when the line is bad. */
  async function load(quiet = false): Promise<void> {
    stop?.abort();
    const mine = (stop = new AbortController());
    if (!quiet) error.value = null;
    try {
      const r = await fetchNow(mine.signal);
      if (mine.signal.aborted) return;
      error.value = null;
      put(r, null);
    } catch (e) {
      if (isAbort(e) || (quiet && record.value && !isCode(e, 'not_found'))) return;
      error.value = e;
      record.value = null;
    }
  }

  /** Writes on the version that is shown; on 412 looks what changed meanwhile. */
  async function write(before: FullRecord, send: (version: string | number) => Promise<void>): Promise<void> {
    busy.value = true;
    saving++;
    try {
      await send(before.version);
      clash.value = null;
    } catch (e) {
      if (!isCode(e, 'stale')) throw e;
      if (before.id !== id.value) throw e;
      const fresh = await fetchNow();
      const names = new Set([...Object.keys(before.fields), ...Object.keys(fresh.fields)]);
      const theirs = [...names]
        .filter((n) => !same(before.fields[n], fresh.fields[n]))
        .map((n) => ({ field: n, before: before.fields[n] ?? null, after: fresh.fields[n] ?? null }));
      put(fresh, null);
      clash.value = { theirs, again: () => write(fresh, send) };
      throw e;
    } finally {
      busy.value = false;
      saving--;
    }
  }
  const wire = (fields: Values): Values =>
    Object.fromEntries(Object.entries(fields).map(([k, v]) => [k, toWire(type.value?.fields[k] ?? type.value?.inputs[k], v)]));

  async function change(fields: Values): Promise<void> {
    const before = record.value;
    if (!before) return;
    record.value = { ...before, fields: { ...before.fields, ...fields } };
    try {
      await write(before, async (version) => {
        const a = await call<FullRecord>('PATCH', url(), { body: { fields: wire(fields) }, version });
        put(a.data, a.etag);
      });
    } catch (e) {
      if (!isCode(e, 'stale') && before.id === id.value) record.value = before;
      throw e;
    }
  }
  async function act(transition: string, fields: Values): Promise<void> {
    const before = record.value;
    if (!before) return;
    const key = newKey();
    await write(before, async (version) => {
      const a = await call<FullRecord>('POST', url('do', transition), { body: { fields }, version, key: `${key}-${version}` });
      put(a.data, a.etag);
    });
  }

  let later: ReturnType<typeof setTimeout> | undefined;
  onChange((c) => {
    if (c.id !== id.value || c.type !== typeName.value) return;
    clearTimeout(later);
    later = setTimeout(async function look() {
      if (saving) return void (later = setTimeout(look, 250));
      if (String(record.value?.version) === String(c.version)) {
        beats.value++;
        return;
      }
      try {
        put(await fetchNow(), null);
      } catch (e) {
        if (isCode(e, 'not_found')) error.value = e;
      }
    }, 250);
  });
  onReset(() => void load(true));
  watch(
    [typeName, id],
    () => {
      leave?.();
      leave = null;
      clash.value = null;
      watching.value = [];
      if (record.value && (record.value.id !== id.value || record.value.type !== typeName.value)) record.value = null;
      if (!typeName.value || !id.value) return;
      void load();
      leave = watchRecord(typeName.value, id.value, (users) => (watching.value = users.filter((u) => u.id !== session.user?.id)));
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    stop?.abort();
    clearTimeout(later);
    leave?.();
  });
  return { record, type, error, busy, clash, watching, beats, load, change, act };
}
