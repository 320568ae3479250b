// One record and one step of it: the version is the ETag's, a step may be sent again without harm.
import { call, newKey, path, type Answer } from './api';
import type { FullRecord, Values } from './types';

/** What was answered, with the version that the next change must name. */
export const versioned = (a: Answer<FullRecord>): FullRecord => (a.etag ? { ...a.data, version: a.etag } : a.data);

export const getRecord = async (type: string, id: string, signal?: AbortSignal): Promise<FullRecord> => versioned(await call<FullRecord>('GET', path('records', type, id), { signal }));

export const doStep = async (type: string, id: string, step: string, fields: Values, version: string | number): Promise<FullRecord> =>
  versioned(await call<FullRecord>('POST', path('records', type, id, 'do', step), { body: { fields }, version, key: newKey() }));
