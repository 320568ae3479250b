import { describe, expect, it } from 'vitest';
import { byUrgency, dayTone, latePeople, linesOf, rangeOf, rareOf, shiftMonth, weekdayOf, weeksOf, type DutyItem } from '@/apps/console/pages/duties/duties';

const item = (duty: string, state: DutyItem['state'], at = '2026-03-02T00:30:00Z', owner = ''): DutyItem => ({ duty, label: duty, at, due: null, for: null, state, record: null, owner: owner ? { id: owner, label: owner } : null });

describe('the duty calendar', () => {
  it('lays a month out in whole weeks from Monday on', () => {
    const weeks = weeksOf('2026-03'); // begins on a Sunday
    expect(weeks[0]).toEqual(['2026-02-23', '2026-02-24', '2026-02-25', '2026-02-26', '2026-02-27', '2026-02-28', '2026-03-01']);
    expect(weeks[weeks.length - 1]![6]).toBe('2026-04-05');
    expect(weeks.every((w) => weekdayOf(w[0]!) === 0 && w.length === 7)).toBe(true);
    expect(weeksOf('2027-02')).toHaveLength(4);
    expect([shiftMonth('2026-12', 1), shiftMonth('2026-01', -1), shiftMonth('2026-03', 14)]).toEqual(['2027-01', '2025-12', '2027-05']);
    expect(rangeOf('2028')).toEqual({ from: '2028-01-01', to: '2028-12-31' });
    expect(rangeOf('2026-03')).toEqual({ from: '2026-02-23', to: '2026-04-05' });
  });
  it('shows what is late first and the same duty of several people once', () => {
    const list = [item('a', 'done'), item('b', 'planned'), item('c', 'open', '2026-03-02T00:30:00Z', '王'), item('c', 'late', '2026-03-02T00:30:00Z', '李')];
    expect(byUrgency(list).map((d) => `${d.duty} ${d.state}`)).toEqual(['c late', 'c open', 'b planned', 'a done']);
    expect(linesOf(list).map((l) => [l.duty, l.n, l.state])).toEqual([['c', 2, 'late'], ['b', 1, 'planned'], ['a', 1, 'done']]);
    expect(dayTone({ date: '', off: false, name: null, duties: list })).toBe('late');
    expect(dayTone(undefined)).toBeNull();
  });
  it('names in a year only what does not come every day', () => {
    const days = Array.from({ length: 31 }, (_, i) => ({ date: `2026-03-${String(i + 1).padStart(2, '0')}`, off: false, name: null, duties: [item('daily', 'planned'), ...(i === 14 ? [item('yearly', 'planned')] : [])] }));
    expect(rareOf(days, '2026-03').map((r) => [r.date, r.item.duty])).toEqual([['2026-03-15', 'yearly']]);
    expect(rareOf(days, '2026-04')).toEqual([]);
  });
  it('tells who is late, the one with most first', () => {
    expect(latePeople([item('a', 'late', undefined, '王'), item('b', 'late', undefined, '李'), item('c', 'late', undefined, '李'), item('d', 'late')]).map((p) => [p.label, p.items.length])).toEqual([['李', 2], ['', 1], ['王', 1]]);
  });
});
