// Counts of a list: by value, by month, and the filter that finds just those.
import { expect, test } from 'vitest';
import { quoted } from '@/core/filter-text';
import { tallied, whereMonth, whereOf } from '@/apps/console/pages/matter/tally';

test('the filter that finds just those: of choices, links, words, and of what has none', () => {
  const got = tallied([{ value: 'charge', n: 2 }, { value: { id: '7', label: '客服一组', type: 'team' }, n: 1 }, { value: true, n: 1 }, { value: "李家'店", n: 1 }, { value: null, n: 3 }]);
  expect(got.map((x) => [x.value, x.n])).toEqual([['charge', 2], ['7', 1], ['true', 1], ["李家'店", 1], ['', 3]]);
  expect(got.map((x) => whereOf('f', x))).toEqual(['f = charge', 'f = 7', 'f = true', `f = ${quoted("李家'店")}`, 'f is empty']);
});

test('a month ends where the next begins, over the year too', () => {
  expect(whereMonth('opened_at', '2026-09')).toBe('opened_at >= 2026-09-01 and opened_at < 2026-10-01');
  expect(whereMonth('opened_at', '2026-12')).toBe('opened_at >= 2026-12-01 and opened_at < 2027-01-01');
});
