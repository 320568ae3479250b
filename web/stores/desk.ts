// What waits for the user: the rail's counters and the notices. Both follow /live.
import { defineStore } from 'pinia';
import { ref } from 'vue';
import { get, path, post } from '@/core/api';
import type { Notice } from '@/core/types';

export const useDesk = defineStore('desk', () => {
  const counts = ref<Record<string, number>>({});
  const notices = ref<Notice[]>([]);
  const unread = ref(0);
  let asking = false;
  let again = false;

  async function refresh(): Promise<void> {
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    try {
      const c = await get<Record<string, number>>(path('work', 'counts'));
      counts.value = c;
      unread.value = c.notices ?? unread.value;
    } catch {
      // Counters are a help, not a promise: the next change asks again.
    } finally {
      asking = false;
      if (again) {
        again = false;
        setTimeout(() => void refresh(), 800);
      }
    }
  }
  async function loadNotices(): Promise<void> {
    const r = await get<{ notices: Notice[]; unread: number }>(path('notices'));
    notices.value = r.notices;
    unread.value = r.unread;
  }
  async function read(ids: string[] | 'all'): Promise<void> {
    const before = notices.value;
    notices.value = before.map((n) => (ids === 'all' || ids.includes(n.id) ? { ...n, read: true } : n));
    unread.value = notices.value.filter((n) => !n.read).length;
    try {
      await post(path('notices', 'read'), ids === 'all' ? { all: true } : { ids });
    } catch {
      notices.value = before;
      unread.value = before.filter((n) => !n.read).length;
    }
  }
  return { counts, notices, unread, refresh, loadNotices, read };
});
