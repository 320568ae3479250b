// One way to the server. Every call names its organisation; every failure becomes an ApiError that
// says what happened in words (errorWords) and which field is wrong (problems).
import { lang } from './i18n';
import type { Problem } from './types';

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly problems: Problem[] = [],
    readonly retryAfter = 0,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

export const isCode = (e: unknown, ...codes: string[]): e is ApiError => e instanceof ApiError && codes.includes(e.code);
export const isAbort = (e: unknown): boolean => e instanceof DOMException && e.name === 'AbortError';

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface CallOptions {
  query?: Query;
  body?: unknown;
  /** If-Match: the version that was read. */
  version?: string | number;
  /** Makes a POST safe to repeat. */
  key?: string;
  signal?: AbortSignal;
  ifNone?: string;
}

export interface Answer<T> {
  data: T;
  etag: string | null;
  status: number;
}

let org = '';
let onSignIn: (() => void) | null = null;

export function setOrg(code: string): void {
  org = code;
}
export function currentOrg(): string {
  return org;
}
/** What to do when the server says that nobody is signed in any more. */
export function whenSignedOut(fn: () => void): void {
  onSignIn = fn;
}

/** A random key; crypto.randomUUID is missing on plain http. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

export function path(...parts: (string | number)[]): string {
  return '/api/v1/' + parts.map((p) => encodeURIComponent(String(p))).join('/');
}

export function withQuery(url: string, query?: Query): string {
  if (!query) return url;
  const q = new URLSearchParams();
  for (const [k, v] of Object.entries(query))
    if (v !== null && v !== undefined && v !== '' && v !== false) q.set(k, v === true ? '1' : String(v));
  const text = q.toString();
  return text ? `${url}?${text}` : url;
}

/** For links the browser opens itself (files, exports, prints). */
export function openUrl(url: string, query?: Query): string {
  return withQuery(url, { ...query, org });
}

const etagVersion = (etag: string | null): string | null => (etag ? etag.replace(/^W\//, '').replace(/"/g, '') : null);

async function failure(r: Response): Promise<ApiError> {
  let code = '';
  let message = '';
  let problems: Problem[] = [];
  try {
    const body = (await r.json()) as { error?: { code?: string; message?: string; problems?: Problem[] } };
    code = body.error?.code ?? '';
    message = body.error?.message ?? '';
    problems = body.error?.problems ?? [];
  } catch {
    // A proxy answered, or the answer was cut: the status alone must do.
  }
  const byStatus: Record<number, string> = {
    400: 'bad_request', 401: 'sign_in', 403: 'forbidden', 404: 'not_found', 409: 'conflict', 412: 'stale', 413: 'too_large',
    422: 'invalid', 428: 'need_version', 429: 'throttled', 503: 'busy', 507: 'full',
  };
  return new ApiError(r.status, code || byStatus[r.status] || 'internal', message, problems, Number(r.headers.get('Retry-After') ?? 0));
}

const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

async function send(method: string, url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, method, credentials: 'same-origin', cache: 'no-store' });
  } catch (e) {
    if (e instanceof DOMException && e.name === 'AbortError') throw e;
    throw new ApiError(0, 'offline', '');
  }
}

/** May be sent again without harm: reading, or writing with a key. */
const repeatable = (method: string, o: CallOptions): boolean => method === 'GET' || Boolean(o.key);

export async function call<T>(method: string, url: string, o: CallOptions = {}): Promise<Answer<T>> {
  const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': lang.value };
  if (org) headers['X-Org'] = org;
  if (o.body !== undefined || (method !== 'GET' && method !== 'HEAD')) headers['Content-Type'] = 'application/json';
  if (o.version !== undefined) headers['If-Match'] = `"${o.version}"`;
  if (o.key) headers['Idempotency-Key'] = o.key;
  if (o.ifNone) headers['If-None-Match'] = o.ifNone;
  const init: RequestInit = { headers };
  if (o.body !== undefined) init.body = JSON.stringify(o.body);
  if (o.signal) init.signal = o.signal;
  const full = withQuery(url, o.query);

  for (let attempt = 0; ; attempt++) {
    try {
      const r = await send(method, full, init);
      if (r.ok || r.status === 304) {
        const etag = etagVersion(r.headers.get('ETag'));
        const body = r.status === 204 || r.status === 304 ? '' : await r.text();
        return { data: (body ? JSON.parse(body) : null) as T, etag, status: r.status };
      }
      throw await failure(r);
    } catch (e) {
      if (!(e instanceof ApiError)) throw e;
      if (e.status === 401 && onSignIn && !url.endsWith('/session')) onSignIn();
      const again = (e.code === 'busy' || e.code === 'offline') && attempt < 2 && repeatable(method, o);
      if (!again) throw e;
      await wait(Math.min(3000, e.retryAfter * 1000 || 400 * (attempt + 1)));
    }
  }
}

export async function get<T>(url: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return (await call<T>('GET', url, { query, signal })).data;
}
export async function post<T>(url: string, body?: unknown, o: CallOptions = {}): Promise<T> {
  return (await call<T>('POST', url, { ...o, body: body ?? {} })).data;
}
export async function put<T>(url: string, body: unknown): Promise<T> {
  return (await call<T>('PUT', url, { body })).data;
}
export async function patch<T>(url: string, body: unknown, version: string | number): Promise<T> {
  return (await call<T>('PATCH', url, { body, version })).data;
}
export async function remove<T>(url: string, query?: Query, version?: string | number): Promise<T> {
  return (await call<T>('DELETE', url, { query, version })).data;
}

/** Uploads a body as it is (a file). XMLHttpRequest, because fetch tells no progress of sending. */
export function upload<T>(url: string, query: Query, file: Blob, progress?: (share: number) => void, signal?: AbortSignal): Promise<T> {
  return new Promise((done, fail) => {
    const x = new XMLHttpRequest();
    x.open('POST', withQuery(url, query));
    x.setRequestHeader('X-Shouwen-Upload', '1');
    x.setRequestHeader('Accept-Language', lang.value);
    if (org) x.setRequestHeader('X-Org', org);
    x.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    x.upload.onprogress = (e) => e.lengthComputable && progress?.(e.loaded / e.total);
    x.onerror = () => fail(new ApiError(0, 'offline', ''));
    x.onabort = () => fail(new DOMException('aborted', 'AbortError'));
    x.onload = () => {
      if (x.status >= 200 && x.status < 300) {
        done(JSON.parse(x.responseText || 'null') as T);
        return;
      }
      void failure(new Response(x.responseText, { status: x.status || 500 })).then(fail);
    };
    signal?.addEventListener('abort', () => x.abort());
    x.send(file);
  });
}
