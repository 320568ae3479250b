import { describe, expect, it } from 'vitest';
import { isPeriod, shiftPeriod } from '@/apps/console/pages/report/period';

describe('periods', () => {
  it('go over the ends of months and years', () => {
    expect(shiftPeriod('2026-03-01', 'day', -1)).toBe('2026-02-28');
    expect(shiftPeriod('2026-12-31', 'day', 1)).toBe('2027-01-01');
    expect(shiftPeriod('2026-01', 'month', -1)).toBe('2025-12');
    expect(shiftPeriod('2026-12', 'month', 1)).toBe('2027-01');
  });
  it('are told from other text', () => {
    expect(isPeriod('2026-11', 'month')).toBe(true);
    expect(isPeriod('2026-13', 'month')).toBe(false);
    expect(isPeriod('2026-11', 'day')).toBe(false);
    expect(isPeriod("2026-11-22' or 1", 'day')).toBe(false);
  });
});
