// One's own choices as they go to the server and back.
import type { AnyLabel, Notice } from '@/core/types';

export interface Choices {
  mail: Record<string, boolean>;
  quiet: { from: string; to: string } | null;
  digest: string | null;
}
export interface KindName {
  name: string;
  label: AnyLabel;
}
/** The last choice comes with its opposite, so that it can be undone. */
export const withMail = (c: Choices, kind: string, on: boolean): Choices => ({ ...c, mail: { ...c.mail, [kind]: on } });
export const withQuiet = (c: Choices, from: string | null, to: string | null): Choices => ({ ...c, quiet: from && to && from !== to ? { from, to } : null });
export const timeFits = (s: string): boolean => /^([01]\d|2[0-3]):[0-5]\d$/.test(s);

export function pick(list: Notice[], unread: boolean, kind: string): Notice[] {
  return list.filter((n) => (!unread || !n.read) && (!kind || n.kind === kind));
}
