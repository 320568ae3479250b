import { beforeAll, describe, expect, it } from 'vitest';
import { clockPast, readEvery, sayClock, sayEvery, sayTarget, shareOf, targetFits, whyStill, writeEvery, type RecordClock } from '@/core/clock';
import { setLang } from '@/core/i18n';
import { startClock } from '@/core/time';
import { bySelf } from '@/apps/console/pages/record/bySelf';
import { toneOf, type WorkRow } from '@/apps/console/pages/workbench/work';
import { asked } from '@/schema/list/useList';
import type { TimelineEvent, Type } from '@/core/types';

const at = Date.parse('2026-11-23T02:00:00Z'); // Monday 10:00 in Shanghai
const iso = (minutes: number): string => new Date(at + minutes * 60_000).toISOString();
const words = (c: Parameters<typeof sayClock>[0]): string => sayClock(c, at).text;
const tone = (c: Parameters<typeof sayClock>[0]): string => sayClock(c, at).tone;

beforeAll(() => {
  startClock(iso(0), 'Asia/Shanghai');
  setLang('zh');
});

describe('a clock in words', () => {
  it('counts down, then over', () => {
    expect(words({ state: 'running', due: iso(120) })).toBe('还有 2 小时');
    expect(words({ state: 'warned', due: iso(12) })).toBe('还有 12 分钟');
    expect(words({ state: 'running', due: iso(28 * 60) })).toBe('明天 14:00 前');
    expect(words({ state: 'breached', due: iso(-35) })).toBe('已超 35 分');
    expect(words({ state: 'breached', due: iso(-26 * 60) })).toBe('已超 1 天');
    expect(words({ state: 'running', due: iso(-1) }), 'the server has not told yet').toBe('已超 1 分');
    expect(words({ state: 'running', due: iso(-0.5) })).toBe('刚刚超时');
  });
  it('says why it stands still', () => {
    expect(words({ state: 'paused', why: { zh: '等配件' }, left_ms: 3600_000 })).toBe('暂停中：等配件');
    expect(words({ state: 'paused', left_ms: 3 * 3600_000 })).toBe('暂停中，还剩 3 小时');
    expect(words({ state: 'paused' })).toBe('暂停中');
  });
  it('says how it ended, and when its window opens', () => {
    expect(words({ state: 'met' })).toBe('按时完成');
    expect(words({ state: 'late', due: iso(-60) })).toBe('超时完成');
    expect(words({ state: 'running', due: iso(5 * 1440), open_from: iso(3 * 1440) })).toMatch(/起可办$/);
  });
  it('has a colour with a meaning', () => {
    expect([tone({ state: 'running', due: iso(600) }), tone({ state: 'running', due: iso(60) }), tone({ state: 'warned', due: iso(600) }), tone({ state: 'breached', due: iso(-1) }), tone({ state: 'paused' }), tone({ state: 'met' })]).toEqual(['calm', 'soon', 'soon', 'late', 'still', 'done']);
  });
});

const clock: RecordClock = {
  id: '7', name: 'solve', label: { zh: '处理时限' }, run: 1, state: 'paused', target: '5bd', calendar: 'office', started_at: iso(-300), due: null, elapsed_ms: 2 * 3600_000, left_ms: 2 * 3600_000,
  warned_at: iso(-190), spans: [
    { from: iso(-300), to: iso(-180), running: true, ms: 2 * 3600_000 },
    { from: iso(-180), to: null, running: false, why: { zh: '等配件' }, ms: 3 * 3600_000 },
  ],
};
describe('a clock’s history', () => {
  it('tells spans with their reason, in order of time', () => {
    expect(clockPast(clock).map((p) => p.text)).toEqual(['开始计时', '计时 2 小时', '已提醒快到时限', '暂停至今 3 小时：等配件']);
    const shut: RecordClock = { ...clock, state: 'late', breached_at: iso(-20), ended_at: iso(-5), spans: [clock.spans[0]!, { from: iso(-180), to: iso(-60), running: false, why: { zh: '等配件' }, ms: 2 * 3600_000 }, { from: iso(-60), to: iso(-5), running: true, ms: 55 * 60_000 }] };
    expect(clockPast(shut).map((p) => p.text)).toEqual(['开始计时', '计时 2 小时', '已提醒快到时限', '暂停 2 小时：等配件', '计时 55 分钟', '超过时限', '超时后结束']);
    expect(whyStill(clock)).toEqual({ zh: '等配件' });
    expect(whyStill(shut)).toBeNull();
  });
  it('knows what share is gone and counts on to the due time', () => {
    expect(shareOf(clock, at, at)).toBe(50);
    const running = { state: 'running' as const, due: iso(60), elapsed_ms: 3600_000, left_ms: 3600_000 };
    expect([shareOf(running, at, at), shareOf(running, at, at + 30 * 60_000), shareOf(running, at, at + 90 * 60_000)]).toEqual([50, 75, 100]);
    expect(shareOf({ state: 'breached', elapsed_ms: 3, left_ms: -1 }, at, at)).toBe(100);
    expect(shareOf({ state: 'running', percent: 33.4 }, at, at)).toBe(33);
  });
});

describe('the words of targets and rounds', () => {
  it('are said as people say them', () => {
    expect(['30m', '5bd', 'day end', 'next 14:00', 'next_bd 12:00', 'month 25', 'month end', 'window 3d..5d', '@x'].map((s) => sayTarget(s))).toEqual([
      '30 分钟', '5 个工作日', '当天下班前', '次日 14:00', '下个工作日 12:00', '每月 25 日', '月底', '第 3 至 5 天', '@x',
    ]);
    expect(sayTarget('by visit_at', () => '上门时间')).toBe('到“上门时间”为止');
    expect(['hour', 'day 08:00', 'workday 08:30', 'friday 15:00', 'month 25 09:00', 'month last 17:00', 'quarter 1 09:00', 'year 12-01 09:00', 'soon'].map(sayEvery)).toEqual([
      '每小时', '每天 08:00', '每个工作日 08:30', '每周五 15:00', '每月 25 日 09:00', '每月最后一天 17:00', '每季度第 1 天 09:00', '每年 12 月 1 日 09:00', 'soon',
    ]);
  });
  it('are written back as they were read', () => {
    for (const s of ['hour', 'day 08:00', 'workday 08:30', 'friday 15:00', 'month 25 09:00', 'month last 17:00', 'quarter 1 09:00', 'year 12-01 09:00']) expect(writeEvery(readEvery(s)!)).toBe(s);
    expect(readEvery('year 04-01')).toMatchObject({ kind: 'year', month: 4, day: 1 });
    expect(readEvery('every day')).toBeNull();
  });
  it('are told apart from what is none', () => {
    for (const s of ['30m', '5bd', 'day end', 'next 14:00', 'month 31 17:00', 'window 3d..5d', 'by due', '@complaint_reply']) expect(targetFits(s), s).toBe(true);
    for (const s of ['', '5', 'month 32', 'next 25:00', 'window 3..5', 'by Due']) expect(targetFits(s), s).toBe(false);
  });
});

describe('what happens by itself', () => {
  const type = { fields: { clock_solve_due: { name: 'clock_solve_due', label: { zh: '处理时限到期' }, kind: 'datetime' } }, transitions: [{ name: 'accept', label: { zh: '受理' } }] } as unknown as Type;
  const event = (kind: string, more: object = {}): TimelineEvent => ({ id: '1', seq: '1', at: iso(0), actor: null, kind, ...more }) as TimelineEvent;
  it('is told in words', () => {
    expect(bySelf(event('clock_breached', { inputs: { clock: { label: null, value: 'solve' } } }), type)?.text).toBe('处理时限超过时限');
    expect(bySelf(event('clock_warned', { clock: { name: 'x', label: { zh: '首次答复' } } }), type)?.text).toBe('提醒：首次答复快到时限');
    expect(bySelf(event('rule_fired', { rule: { name: 'major', label: { zh: '重大投诉' }, version: '9f3a11b2cc', on: 'done:accept' } }), type)?.text).toBe('按规则“重大投诉”办理（版本 9f3a11b2） 起因：受理');
    expect(bySelf(event('rule_stopped', { rule: 'loop' }), type)).toMatchObject({ text: '规则“loop”没有执行', tone: 'late' });
    expect(bySelf(event('escalated', { told: [{ id: '3', label: '王经理' }], step: 2, cause: 'clock:solve' }), type)?.text).toBe('上报给王经理（第 2 级）');
    expect(bySelf(event('clock_moved', { clock: { name: 'solve', label: { zh: '处理时限' }, old_due: iso(60), due: iso(28 * 60), why: 'calendar' } }), type)?.text).toBe('处理时限的到期时间变了：今天 11:00 → 明天 14:00');
    expect(bySelf(event('changed'), type)).toBeNull();
  });
});

describe('clocks in lists', () => {
  it('bring their state along', () => {
    expect(asked(['number', 'clock_solve_due', 'due'])).toEqual(['number', 'clock_solve_due', 'clock_solve_state', 'due']);
    expect(asked(['clock_solve_due', 'clock_solve_state'])).toEqual(['clock_solve_due', 'clock_solve_state']);
  });
  it('colour a row of the workbench', () => {
    const row = { why_code: 'mine', minutes: null, clock: { name: 'solve', label: '', state: 'breached', due: iso(-5) } } as unknown as WorkRow;
    expect(toneOf(row)).toBe('late');
    expect(toneOf({ ...row, clock: null })).toBe('calm');
  });
});
