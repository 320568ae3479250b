// What was done to many at once: said in one line, with the way back.
import { path, post } from '@/core/api';
import { words } from '@/core/i18n';
import { common } from '@/i18n/common';
import { toast, toastDone, toastError } from '@/ui/toast';

interface Run {
  run: string;
  failed: { id: string; code: string; message?: string }[];
}
export interface BulkAnswer extends Run {
  done: string[];
}
/** Of a cover: how many, of whatever type. */
export interface CoverAnswer extends Run {
  moved: number;
}
export interface BulkWords {
  done: (n: number) => string;
  failed: (n: number, why: string) => string;
  undone: (n: number) => string;
}
/** `after`: once it was taken back. */
export function sayBulk(answers: (BulkAnswer | CoverAnswer)[], say: BulkWords, after: () => unknown): void {
  const count = (a: BulkAnswer | CoverAnswer): number => ('moved' in a ? a.moved : a.done.length);
  const runs = answers.filter(count).map((a) => a.run);
  const done = answers.reduce((n, a) => n + count(a), 0);
  const failed = answers.flatMap((a) => a.failed);
  if (done) toastDone(say.done(done), { label: words(common)('undo'), run: () => void undo(runs, say, after) });
  if (failed.length) toast(say.failed(failed.length, failed[0]!.message ?? failed[0]!.code), { tone: 'late' });
}
async function undo(runs: string[], say: BulkWords, after: () => unknown): Promise<void> {
  try {
    let n = 0;
    for (const r of runs) n += (await post<{ done: string[] }>(path('bulk', r, 'undo'))).done.length;
    toastDone(say.undone(n));
  } catch (e) {
    toastError(e);
  }
  await after();
}
