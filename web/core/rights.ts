// What the signed-in user may do. The server decides; this only keeps from offering what it would refuse.
import type { Field, Session, Type } from './types';

export type Function_ =
  | 'intake' | 'search' | 'report' | 'export' | 'import' | 'bulk' | 'cover' | 'reveal' | 'users' | 'packs' | 'settings' | 'audit' | 'tokens';

export const may = (s: Session | null, fn: Function_): boolean => s?.user.can.includes(fn) ?? false;
export const mayAny = (s: Session | null, ...fns: Function_[]): boolean => fns.some((f) => may(s, f));
export const mayCreate = (t: Type | undefined): boolean => t?.rights.create === true;
export const mayRead = (t: Type | undefined): boolean => t?.rights.read === true;
export const mayExport = (t: Type | undefined): boolean => t?.rights.export === true;

/** A field a form may write: flow writes the others. */
export const writable = (f: Field): boolean => !f.system && f.kind !== 'computed';
/** A field a list may filter or group by. */
export const filterable = (f: Field): boolean => f.sight !== 'masked' && f.kind !== 'files' && f.kind !== 'table';
