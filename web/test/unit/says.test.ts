// Times that came as words, and what a hand-over asks for as long as nobody is named.
import { describe, expect, it } from 'vitest';
import { startClock } from '@/core/time';
import { eitherOf } from '@/schema/asks';
import { sayDates } from '@/schema/values';

describe('times in words of the server', () => {
  startClock('2026-11-23T02:00:00.000Z', 'Asia/Shanghai');
  it('says a whole time as everywhere', () => {
    expect(sayDates('2026-11-09 17:00', false)).toBe('11月9日 17:00');
    expect(sayDates('2026-11-22', false)).toBe('昨天');
  });
  it('leaves alone what somebody wrote, but not the lines of a table', () => {
    expect(sayDates('发票 2026-11-09 开具', false)).toBe('发票 2026-11-09 开具');
    expect(sayDates('2026-11-03 15:00 · 已发法务', true)).toBe('11月3日 15:00 · 已发法务');
    expect(sayDates('单号 2026-11-03-7', true)).toBe('单号 2026-11-03-7');
  });
});

describe('a hand-over', () => {
  const step = { asks: [{ name: 'to_owner' }, { name: 'to_team' }, { name: 'reason', required: true }] } as never;
  it('needs a colleague until a team is named', () => {
    expect(eitherOf(step, {})).toEqual(['to_owner']);
    expect(eitherOf(step, { to_team: { id: '7', label: '工程部' } })).toEqual([]);
  });
  it('asks for nobody where a step is no hand-over', () => {
    expect(eitherOf({ asks: [{ name: 'to_owner' }] } as never, {})).toEqual([]);
  });
});
