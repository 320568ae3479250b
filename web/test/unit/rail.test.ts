import { beforeEach, describe, expect, it } from 'vitest';
import { folding, railSections } from '@/apps/console/shell/rail';
import type { RailEntry } from '@/core/types';

const groups = [{ name: 'matters', label: '事项' }, { name: 'house', label: '管理', last: true }, { name: 'logistics', label: '物流' }];
const place = (name: string, group?: string): RailEntry => ({ name, label: name, page: 'list', group: group ?? null });
const some = (n: number, group: string): RailEntry[] => Array.from({ length: n }, (_, i) => place(`${group}${i}`, group));

describe('the rail', () => {
  beforeEach(() => localStorage.clear());
  it('puts the groups of packs before those that are last, and what has none on top', () => {
    const all = [place('workbench'), ...some(4, 'matters'), place('settings', 'house'), ...some(3, 'logistics'), place('odd', 'gone')];
    expect(railSections(all, groups).map((s) => [s.key, s.label, s.places.map((p) => p.name)])).toEqual([
      ['', '', ['workbench', 'odd']],
      ['matters', '事项', ['matters0', 'matters1', 'matters2', 'matters3']],
      ['logistics', '物流', ['logistics0', 'logistics1', 'logistics2']],
      ['house', '管理', ['settings']],
    ]);
  });
  it('has no headings for a handful', () => {
    expect(railSections([place('tasks'), place('slip', 'matters')], groups)).toEqual([{ key: '', label: '', places: [place('tasks'), place('slip', 'matters')] }]);
    expect(railSections([], groups)).toEqual([]);
  });
  it('opens all of a short rail, of a long one the first and what was opened, and remembers', () => {
    const short = railSections([...some(5, 'matters'), ...some(5, 'logistics')], groups);
    const long = railSections([...some(12, 'matters'), ...some(12, 'logistics'), ...some(2, 'house')], groups);
    const f = folding();
    expect(short.map((s) => f.open(s.key, short))).toEqual([true, true]);
    expect(long.map((s) => f.open(s.key, long))).toEqual([true, false, false]);
    f.set('house', true);
    f.set('matters', false);
    expect(long.map((s) => folding().open(s.key, long))).toEqual([false, false, true]);
  });
  it('begins anew where what was kept is no use', () => {
    localStorage.setItem('sw.rail.open', '[1');
    const long = railSections([...some(21, 'matters'), place('settings', 'house')], groups);
    expect(long.map((s) => folding().open(s.key, long))).toEqual([true, false]);
  });
});
