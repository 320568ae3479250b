// Counts of a list: by value, by month, and the filter that finds just those.
import { expect, test } from 'vitest';
import { byMonth, tally, whereMonth, whereOf } from '@/apps/console/pages/matter/tally';

test('most first, those without a value last', () => {
  const got = tally(['charge', null, 'manner', 'charge', null, null]);
  expect(got.map((x) => [x.value, x.n])).toEqual([['charge', 2], ['manner', 1], ['', 3]]);
  expect(got.map((x) => whereOf('class', x))).toEqual(['class = charge', 'class = manner', 'class is empty']);
});

test('months, the latest first', () => {
  const got = byMonth(['2026-10-31T20:00:00Z', null, '2026-11-02T01:00:00Z', '2026-11-03T01:00:00Z'], (at) => at.slice(0, 7));
  expect(got.map((x) => [x.value, x.n])).toEqual([['2026-11', 2], ['2026-10', 1]]);
});

test('a month ends where the next begins, over the year too', () => {
  expect(whereMonth('opened_at', '2026-09')).toBe('opened_at >= 2026-09-01 and opened_at < 2026-10-01');
  expect(whereMonth('opened_at', '2026-12')).toBe('opened_at >= 2026-12-01 and opened_at < 2027-01-01');
});
