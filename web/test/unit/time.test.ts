import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { setLang } from '@/core/i18n';
import { exactTime, fromLocalInput, instantOf, partsOf, readTime, sayAgo, sayDate, sayDue, saySpan, sayTime, startClock, toLocalInput } from '@/core/time';

// Sunday 2026-11-22 15:00 in Shanghai
const now = Date.parse('2026-11-22T07:00:00.000Z');
const at = (wall: string): string => new Date(Date.parse(`${wall}:00+08:00`)).toISOString();

beforeAll(() => startClock(new Date().toISOString(), 'Asia/Shanghai'));
beforeEach(() => setLang('zh'));

describe('times as people say them', () => {
  it('names the near days', () => {
    expect(sayTime(at('2026-11-22T15:30'), now)).toBe('今天 15:30');
    expect(sayTime(at('2026-11-21T09:12'), now)).toBe('昨天 09:12');
    expect(sayTime(at('2026-11-20T00:00'), now)).toBe('前天 00:00');
    expect(sayTime(at('2026-11-23T10:00'), now)).toBe('明天 10:00');
    expect(sayTime(at('2026-11-24T10:00'), now)).toBe('后天 10:00');
  });
  it('names days of this and next week, then dates', () => {
    expect(sayTime(at('2026-11-18T08:00'), now)).toBe('周三 08:00');
    expect(sayTime(at('2026-11-27T08:00'), now)).toBe('下周五 08:00');
    expect(sayTime(at('2026-12-03T08:00'), now)).toBe('12月3日 08:00');
    expect(sayTime(at('2025-12-03T08:00'), now)).toBe('2025年12月3日 08:00');
  });
  it('counts midnight in the zone of the organisation', () => {
    expect(sayTime('2026-11-22T16:30:00.000Z', now)).toBe('明天 00:30');
    expect(sayDate('2026-11-22', now)).toBe('今天');
  });
  it('says what is left and what is late', () => {
    expect(sayDue(now + 12 * 60e3, now)).toEqual({ tone: 'soon', text: '还有 12 分钟' });
    expect(sayDue(now - 2 * 3600e3, now)).toEqual({ tone: 'late', text: '超时 2 小时' });
    expect(sayDue(now + 3 * 3600e3, now)).toEqual({ tone: 'calm', text: '还有 3 小时' });
    expect(sayDue(at('2026-11-23T10:00'), now)).toEqual({ tone: 'calm', text: '明天 10:00 前' });
    expect(sayDue(null, now)).toBeNull();
  });
  it('says spans and what is past', () => {
    expect(saySpan(59e3)).toBe('不到 1 分钟');
    expect(saySpan(80 * 60e3)).toBe('1 小时 20 分');
    expect(saySpan(7 * 3600e3 + 60e3)).toBe('7 小时');
    expect(saySpan(49 * 3600e3)).toBe('2 天');
    expect(sayAgo(now - 30e3, now)).toBe('刚刚');
    expect(sayAgo(now - 5 * 60e3, now)).toBe('5 分钟前');
    expect(sayAgo(now - 5 * 3600e3, now)).toBe('今天 10:00');
  });
  it('speaks English', () => {
    setLang('en');
    expect(sayTime(at('2026-11-23T10:00'), now)).toBe('Tomorrow 10:00');
    expect(sayDue(now - 2 * 3600e3, now)?.text).toBe('2 h late');
  });
  it('is exact on hover', () => {
    expect(exactTime(at('2026-11-22T15:30'))).toBe('2026-11-22 15:30:00 周日');
    expect(exactTime('nonsense')).toBe('nonsense');
  });
});

describe('typed times', () => {
  const read = (s: string): string | null => {
    const iso = readTime(s, now);
    return iso && toLocalInput(iso).replace('T', ' ');
  };
  it.each([
    ['17:00', '2026-11-22 17:00'],
    ['明天14:00', '2026-11-23 14:00'],
    ['明天下午2点', '2026-11-23 14:00'],
    ['明天下午两点半', '2026-11-23 14:30'],
    ['后天', '2026-11-24 09:00'],
    ['周五10点', '2026-11-27 10:00'],
    ['3天后', '2026-11-25 15:00'],
    ['2小时后', '2026-11-22 17:00'],
    ['半小时后', '2026-11-22 15:30'],
    ['11月25日 9:30', '2026-11-25 09:30'],
    ['11-25 9：30', '2026-11-25 09:30'],
    ['1月5日', '2027-01-05 09:00'],
    ['2026-12-01 08:00', '2026-12-01 08:00'],
    ['今天晚上8点', '2026-11-22 20:00'],
    ['30m', '2026-11-22 15:30'],
    ['现在', '2026-11-22 15:00'],
    ['10分钟前', '2026-11-22 14:50'],
  ])('%s', (typed, want) => {
    expect(read(typed === '30m' ? '30min' : typed)).toBe(want);
  });
  it.each(['', '随便', '明天再说', '25:61', '99', '13月40日'])('refuses %s', (typed) => {
    expect(readTime(typed, now)).toBeNull();
  });
});

describe('wall time and instants', () => {
  it('goes there and back in every zone, also where clocks change', () => {
    for (const zone of ['Asia/Shanghai', 'America/New_York', 'Australia/Lord_Howe', 'UTC'])
      for (let t = Date.parse('2026-01-01T00:00:00Z'); t < Date.parse('2027-01-01T00:00:00Z'); t += 36e5 * 131) {
        const p = partsOf(t, zone);
        const again = partsOf(instantOf(p, zone), zone);
        expect(again).toEqual(p);
      }
  });
  it('reads and writes datetime-local text', () => {
    expect(fromLocalInput('2026-11-22T15:30')).toBe('2026-11-22T07:30:00.000Z');
    expect(toLocalInput('2026-11-22T07:30:00.000Z')).toBe('2026-11-22T15:30');
    expect(fromLocalInput('soon')).toBeNull();
  });
});
