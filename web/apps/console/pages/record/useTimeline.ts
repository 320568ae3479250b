// The timeline, newest at the bottom; earlier ones come on asking; one's own words stand there at once.
import { ref, shallowRef, watch, type Ref } from 'vue';
import { get, newKey, path, post } from '@/core/api';
import type { FileRef, Ref as RecordRef, TimelineEvent } from '@/core/types';

export interface Shown extends TimelineEvent {
  sending?: boolean;
  failed?: boolean;
}

export function useTimeline(type: Ref<string>, id: Ref<string>, beats: Ref<number>): {
  events: Ref<Shown[]>;
  busy: Ref<boolean>;
  error: Ref<unknown>;
  more: Ref<boolean>;
  refresh: () => Promise<void>;
  earlier: () => Promise<void>;
  say: (text: string, internal: boolean, files: FileRef[], me: RecordRef) => Promise<void>;
} {
  const events = shallowRef<Shown[]>([]);
  const busy = ref(false);
  const error = shallowRef<unknown>(null);
  const more = ref(false);
  let next: string | null = null;
  let of = '';
  const url = (...p: string[]): string => path('records', type.value, id.value, ...p);

  async function refresh(): Promise<void> {
    const key = `${type.value}/${id.value}`;
    if (!type.value || !id.value) return;
    const first = of !== key;
    if (first) {
      events.value = [];
      of = key;
    }
    busy.value = true;
    try {
      const r = await get<{ events: TimelineEvent[]; next: string | null }>(url('timeline'), { limit: 50 });
      if (of !== key) return;
      error.value = null;
      const fresh = [...r.events].reverse();
      const have = new Set(fresh.map((e) => e.id));
      const oldest = fresh[0]?.at ?? '';
      const older = events.value.filter((e) => !e.sending && !e.failed && !have.has(e.id) && e.at <= oldest);
      const pending = events.value.filter((e) => e.sending || e.failed);
      events.value = [...older, ...fresh, ...pending];
      if (first || !older.length) {
        next = r.next;
        more.value = r.next !== null;
      }
    } catch (e) {
      if (of === key) error.value = e;
    } finally {
      busy.value = false;
    }
  }
  async function earlier(): Promise<void> {
    if (!next || busy.value) return;
    busy.value = true;
    try {
      const r = await get<{ events: TimelineEvent[]; next: string | null }>(url('timeline'), { limit: 50, after: next });
      const have = new Set(events.value.map((e) => e.id));
      events.value = [...[...r.events].reverse().filter((e) => !have.has(e.id)), ...events.value];
      next = r.next;
      more.value = r.next !== null;
    } catch (e) {
      error.value = e;
    } finally {
      busy.value = false;
    }
  }
  async function say(text: string, internal: boolean, files: FileRef[], me: RecordRef): Promise<void> {
    const echo: Shown = { id: `echo-${newKey()}`, seq: '', at: new Date().toISOString(), actor: me, kind: 'commented', internal, text, files, sending: true };
    events.value = [...events.value, echo];
    const drop = (): void => void (events.value = events.value.filter((e) => e.id !== echo.id));
    try {
      await post(url('comments'), { text, internal, files: files.map((f) => f.id) }, { key: echo.id });
      drop();
      await refresh();
    } catch (e) {
      drop();
      throw e;
    }
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  watch([type, id], () => void refresh(), { immediate: true });
  watch(beats, () => {
    clearTimeout(timer);
    timer = setTimeout(() => void refresh(), 60);
  });
  return { events, busy, error, more, refresh, earlier, say };
}
