// What is locked by an approval, and what waits for an answer on the workbench.
import { describe, expect, it } from 'vitest';
import { locks } from '../../apps/console/pages/approvals/approvals';
import { blocksOf, type WorkGroup } from '../../apps/console/pages/workbench/work';
import type { Approval } from '../../core/types';

const round = (locked: Approval['locked']): Approval => ({ locked }) as Approval;

describe('fields locked by an approval', () => {
  it('are those named, or all', () => {
    expect(locks(round(['amount']), 'amount')).toBe(true);
    expect(locks(round(['amount']), 'title')).toBe(false);
    expect(locks(round('all'), 'title')).toBe(true);
  });
  it('are none where there is no approval or it was sent back', () => {
    expect(locks(null, 'title')).toBe(false);
    expect(locks(undefined, 'title')).toBe(false);
    expect(locks(round(null), 'title')).toBe(false);
  });
});
describe('the workbench', () => {
  const group = (key: string, n: number): WorkGroup => ({ key, label: key, n, more: false, rows: [] });
  it('has what others wait for first, as one, in the order it came', () => {
    const b = blocksOf([group('hand_over', 2), group('chased', 1), group('overdue', 3), group('mine', 4)]);
    expect(b.map((x) => [x.key, x.n, x.groups.map((g) => g.key)])).toEqual([['answer', 3, ['hand_over', 'chased']], ['own', 7, ['overdue', 'mine']]]);
  });
  it('has no empty block', () => {
    expect(blocksOf([group('mine', 4)]).map((x) => x.key)).toEqual(['own']);
    expect(blocksOf([])).toEqual([]);
  });
});
