import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import * as auth from '@/core/auth';
import { draftsOf } from '@/core/drafts';
import { may, type Function_ } from '@/core/rights';
import type { Session } from '@/core/types';

export const useSession = defineStore('session', () => {
  const session = shallowRef<Session | null>(null);
  const user = computed(() => session.value?.user ?? null);
  const org = computed(() => session.value?.org ?? null);

  function set(s: Session | null): void {
    session.value = s;
    // Signed out, what is being typed is still his who typed it.
    if (s) draftsOf(s.org.code, s.user.id);
  }
  async function signIn(code: string, login: string, password: string): Promise<Session> {
    const s = await auth.signIn(code, login, password);
    set(s);
    return s;
  }
  /** The session of an organisation; null when nobody is signed in there. */
  async function load(code: string): Promise<Session> {
    const s = await auth.fetchSession(code);
    set(s);
    return s;
  }
  async function signOut(): Promise<void> {
    await auth.signOut();
    set(null);
  }
  async function setPresence(presence: string): Promise<void> {
    const before = session.value;
    if (!before) return;
    session.value = { ...before, user: { ...before.user, presence } };
    try {
      await auth.setPresence(presence);
    } catch (e) {
      session.value = before;
      throw e;
    }
  }
  const can = (fn: Function_): boolean => may(session.value, fn);
  return { session, user, org, set, signIn, signOut, load, setPresence, can };
});
