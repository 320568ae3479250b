// /live: tells what changed; whoever shows it fetches it. Resumes from the last seq it saw, so
// nothing is lost while the line was down. One connection per page.
import { onScopeDispose, ref } from 'vue';
import { currentOrg } from './api';
import type { Ref as RecordRef } from './types';

export interface Change {
  seq: string;
  type: string;
  id: string;
  version: number | string;
}

type ChangeFn = (c: Change) => void;
type WatchFn = (users: RecordRef[]) => void;

export const liveState = ref<'off' | 'on' | 'lost'>('off');

const changeFns = new Set<ChangeFn>();
const countFns = new Set<() => void>();
const ringFns = new Set<() => void>();
const queueFns = new Set<() => void>();
const resetFns = new Set<() => void>();
const watchFns = new Map<string, Set<WatchFn>>();
let socket: WebSocket | null = null;
let last = '';
let tries = 0;
let wanted = false;
let retry: ReturnType<typeof setTimeout> | undefined;
let beat: ReturnType<typeof setInterval> | undefined;
let watching: { type: string; id: string } | null = null;

const send = (message: unknown): void => {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
};

interface Incoming extends Partial<Change> {
  hello?: { seq: string };
  counts?: boolean;
  offer?: object;
  offer_gone?: string;
  queues?: boolean;
  reset?: string;
  watching?: { type: string; id: string; users: RecordRef[] };
}

function take(text: string): void {
  let m: Incoming;
  try {
    m = JSON.parse(text) as Incoming;
  } catch {
    return;
  }
  if (m.hello) {
    last ||= m.hello.seq;
    liveState.value = 'on';
    if (watching) send({ watch: watching });
    if (queueFns.size) send({ queues: true });
  } else if (m.reset !== undefined) {
    last = String(m.reset);
    for (const fn of resetFns) fn();
  } else if (m.queues) {
    for (const fn of queueFns) fn();
  } else if (m.counts) {
    for (const fn of countFns) fn();
  } else if (m.offer || m.offer_gone) {
    for (const fn of [...ringFns, ...countFns]) fn();
  } else if (m.watching) {
    const fns = watchFns.get(`${m.watching.type}/${m.watching.id}`);
    if (fns) for (const fn of fns) fn(m.watching.users);
  } else if (m.seq && m.type && m.id) {
    last = m.seq;
    for (const fn of changeFns) fn(m as Change);
  }
}

function connect(): void {
  clearTimeout(retry);
  if (!wanted || socket) return;
  const q = new URLSearchParams({ org: currentOrg() });
  if (last) q.set('since', last);
  const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live?${q}`;
  const s = new WebSocket(url);
  socket = s;
  s.onopen = () => {
    tries = 0;
    liveState.value = 'on';
    clearInterval(beat);
    beat = setInterval(() => send({ ping: 1 }), 25_000);
  };
  s.onmessage = (e) => typeof e.data === 'string' && take(e.data);
  s.onclose = () => {
    if (socket === s) socket = null;
    clearInterval(beat);
    if (!wanted) return;
    if (tries >= 2) liveState.value = 'lost';
    const pause = Math.min(30_000, 500 * 2 ** Math.min(tries++, 6));
    retry = setTimeout(connect, pause * (0.7 + Math.random() * 0.6));
  };
}

export function liveStart(): void {
  wanted = true;
  connect();
}
export function liveStop(): void {
  wanted = false;
  last = '';
  watching = null;
  clearTimeout(retry);
  socket?.close();
  socket = null;
  liveState.value = 'off';
}
window.addEventListener('online', () => {
  tries = 0;
  connect();
});

function held<T>(set: Set<T>, fn: T): void {
  set.add(fn);
  onScopeDispose(() => set.delete(fn), true);
}

/** Calls fn for every change the user may see, until the component goes. */
export function onChange(fn: ChangeFn): void {
  held(changeFns, fn);
}
/** Calls fn when the user's counters may have changed. */
export function onCounts(fn: () => void): void {
  held(countFns, fn);
}
/** Calls fn when something rings at the user, or rings no more. */
export function onRing(fn: () => void): void {
  held(ringFns, fn);
}
/** Calls fn when something begins to ring in a queue, or rings no more. */
export function onQueues(fn: () => void): void {
  queueFns.add(fn);
  send({ queues: true });
  onScopeDispose(() => {
    queueFns.delete(fn);
    if (!queueFns.size) send({ queues: false });
  }, true);
}
/** Calls fn when too much happened meanwhile: fetch again what is shown. */
export function onReset(fn: () => void): void {
  held(resetFns, fn);
}

/** Says that this user looks at a record and hears who else does. Returns how to stop. */
export function watchRecord(type: string, id: string, fn: WatchFn): () => void {
  const key = `${type}/${id}`;
  const fns = watchFns.get(key) ?? new Set();
  fns.add(fn);
  watchFns.set(key, fns);
  watching = { type, id };
  send({ watch: watching });
  return () => {
    fns.delete(fn);
    if (fns.size === 0) watchFns.delete(key);
    if (watching && watching.type === type && watching.id === id) watching = null;
  };
}
