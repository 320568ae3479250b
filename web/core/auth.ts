// Signing in and out. The session itself is a cookie the page cannot read; what is kept here is
// who it belongs to.
import { call, path, post, put, remove, setOrg } from './api';
import type { Hello, Session } from './types';

const lastKey = 'sw.org';

export const lastOrg = (): string => localStorage.getItem(lastKey) ?? '';

export async function hello(): Promise<Hello> {
  return (await call<Hello>('GET', path('hello'))).data;
}

export async function signIn(org: string, login: string, password: string): Promise<Session> {
  setOrg(org);
  const s = (await call<Session>('POST', path('session'), { body: { org, login, password } })).data;
  localStorage.setItem(lastKey, s.org.code);
  setOrg(s.org.code);
  return s;
}

export async function fetchSession(org: string): Promise<Session> {
  setOrg(org);
  const s = (await call<Session>('GET', path('session'))).data;
  localStorage.setItem(lastKey, s.org.code);
  return s;
}

export const signOut = (): Promise<void> => remove(path('session'));
export const changePassword = (old: string, fresh: string): Promise<void> => post(path('session', 'password'), { old, new: fresh });
export const setPresence = (presence: string): Promise<unknown> => put(path('session', 'presence'), { presence });
