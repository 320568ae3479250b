// Issued forms: what replaces what.
import type { AnyLabel, FileRef, Ref } from '@/core/types';

export interface Issued {
  id: string;
  form: string;
  label: AnyLabel;
  number: string;
  version: number;
  at: string;
  actor: Ref | null;
  file: FileRef;
  replaces: string | null;
  replaced: string | boolean | null;
}
/** Each chain of a form and those it replaced, the one that counts first; the newest chain first. */
export function issuedGroups(rows: Issued[]): Issued[][] {
  const by = new Map(rows.map((r) => [r.id, r]));
  const replaced = new Set(rows.map((r) => r.replaces).filter(Boolean));
  return rows
    .filter((r) => !replaced.has(r.id))
    .sort((a, b) => b.at.localeCompare(a.at))
    .map((top) => {
      const chain = [top];
      for (let at: Issued | undefined = top.replaces ? by.get(top.replaces) : undefined; at && !chain.includes(at); at = at.replaces ? by.get(at.replaces) : undefined) chain.push(at);
      return chain;
    });
}
