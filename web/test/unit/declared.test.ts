import { beforeAll, describe, expect, it } from 'vitest';
import { actionFilled, freeName, kindOf, kinds, newAction, pairsOf, readAt, setOf, triggerOf, triggers, whoChoices, writeAt } from '@/apps/console/pages/settings/declared/actions';
import { barsOf, dayLookup, minutesOf, weekMinutes, withOwnDay, yearsOf } from '@/apps/console/pages/settings/declared/calendar';
import { bodyOf, labelOf, nameFits, withKey, type Decl } from '@/apps/console/pages/settings/declared/declared';
import { changedLines, diffLines } from '@/apps/console/pages/settings/declared/diff';
import { fillTemplate, unknownIn } from '@/apps/console/pages/settings/declared/template';
import { changedSettings, hooksOf } from '@/apps/console/pages/settings/mail';
import { setLang } from '@/core/i18n';
import type { Json } from '@/core/json';
import type { Type } from '@/core/types';

beforeAll(() => setLang('zh'));

const office: Decl = {
  calendar: 'office', hours: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '12:00' }, { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '13:30', to: '18:00' }],
  holidays: ['cn'], days: [{ date: '2026-12-25', off: true, name: '年会' }, { date: '2026-02-15', like: 'mon' }],
};
const cn: Decl = { holidays: 'cn', days: [{ date: '2026-10-01', off: true, name: '国庆节' }, { date: '2026-10-10', off: false, name: '国庆节调休' }] };

describe('a calendar', () => {
  it('is drawn as a week of bars, nights into the next day', () => {
    expect(barsOf(office)[0]).toEqual([{ from: 540, to: 720, over: false }, { from: 810, to: 1080, over: false }]);
    expect(barsOf(office)[5]).toEqual([]);
    const night = barsOf({ hours: [{ days: ['sun'], from: '20:00', to: '08:00' }] });
    expect(night[6]).toEqual([{ from: 1200, to: 1440, over: false }]);
    expect(night[0]).toEqual([{ from: 0, to: 480, over: true }]);
    expect(weekMinutes(office)).toBe(5 * 450);
    expect(weekMinutes({ hours: [{ days: ['mon'], from: '09:00', to: '12:00' }, { days: ['mon'], from: '11:00', to: '13:00' }] }), 'what overlaps counts once').toBe(240);
    expect(weekMinutes({ hours: [{ days: ['mon'], from: '00:00', to: '24:00' }] })).toBe(1440);
    expect([minutesOf('24:00'), minutesOf('24:01'), minutesOf('9:60'), minutesOf('x')]).toEqual([1440, null, null, null]);
  });
  it('knows of each day whether and why it is worked', () => {
    const look = dayLookup(office, new Map([['cn', cn]]));
    expect(look('2026-11-23')).toEqual({ open: true, why: 'week', name: '' });
    expect(look('2026-11-22')).toMatchObject({ open: false, why: 'week' });
    expect(look('2026-10-01')).toEqual({ open: false, why: 'holiday', name: '国庆节' });
    expect(look('2026-10-10')).toEqual({ open: true, why: 'holiday', name: '国庆节调休' });
    expect(look('2026-12-25')).toEqual({ open: false, why: 'own', name: '年会' });
    expect(look('2026-02-15')).toMatchObject({ open: true, why: 'own' });
    expect(dayLookup(office, new Map())('2026-10-01').open).toBe(true);
  });
  it('takes a day of its own and gives it up', () => {
    const off = withOwnDay(office, '2026-11-24', 'off', ' 搬家 ');
    expect(off.days).toEqual([{ date: '2026-02-15', like: 'mon' }, { date: '2026-11-24', off: true, name: '搬家' }, { date: '2026-12-25', off: true, name: '年会' }]);
    expect(withOwnDay({ days: [{ date: '2026-11-24', off: true }] }, '2026-11-24', null, '')).toEqual({});
    expect(yearsOf(cn)).toEqual([2026]);
  });
});

describe('actions', () => {
  it('are known by what they do', () => {
    expect([{ notify: 'lead', text: 'x' }, { set: { a: 1 } }, { create: 'task', set: { title: 'x' } }, { escalate: ['lead'] }, { append: 'rounds', set: {} }, { update: 'customer', set: {} }, { create: 'x', each: 'lines' }, { fill: 'a', from: [] }, 'x'].map((a) => kindOf(a as Json))).toEqual(
      ['notify', 'set', 'create', 'escalate', 'append', 'update', 'create', 'fill', 'other']);
    for (const k of kinds) expect([k, kindOf(newAction(k)), actionFilled(newAction(k))]).toEqual([k, k, k === 'escalate' || k === 'close_promises']);
    expect(actionFilled({ update: 'customer', set: { is_vip: true } })).toBe(true);
    expect(actionFilled({ append: 'rounds', set: { asked: '' } })).toBe(false);
    expect(actionFilled({ pass: 'close', on: 'tasks' })).toBe(true);
    expect(actionFilled({ fill: 'lines', from: [{ of: 'promise', set: { what: 'text' } }] })).toBe(true);
    expect(actionFilled({ create: 'task', set: { content: '' } })).toBe(false);
    expect(actionFilled({ notify: 'lead', text: '超时' })).toBe(true);
    expect(actionFilled({ set: { due: '' } })).toBe(false);
  });
  it('get a name by themselves', () => {
    expect(freeName('rule', (n) => ['rule_1', 'rule_2'].includes(n))).toBe('rule_3');
  });
  it('keep numbers and truths what they are', () => {
    expect(setOf([{ field: 'n', value: '3' }, { field: 'major', value: 'true' }, { field: 'due', value: 'now + 3d' }, { field: '', value: 'x' }])).toEqual({ n: 3, major: true, due: 'now + 3d' });
    expect(pairsOf({ n: 3, major: true })).toEqual([{ field: 'n', value: '3' }, { field: 'major', value: 'true' }]);
  });
  const type = { fields: { owner: { name: 'owner', label: { zh: '责任人' }, kind: 'link', to: 'user' }, checker: { name: 'checker', label: { zh: '核查人' }, kind: 'link', to: 'user' }, clock_solve_due: { name: 'clock_solve_due', label: { zh: '处理时限到期' }, kind: 'datetime' } }, transitions: [{ name: 'accept', label: { zh: '受理' } }] } as unknown as Type;
  it('reach people, roles and links of the type', () => {
    expect(whoChoices(type, (k) => k, [{ key: 'head', label: '部门负责人' }], false).map((w) => w.key)).toEqual(['owner', 'first_owner', 'creator', 'team', 'lead', 'role:head', 'field:checker']);
    expect(whoChoices(type, (k) => k, [], true)[0]!.key).toBe('customer');
  });
  it('are set off by what happens, by clocks, at times', () => {
    expect(triggers(type, (k) => k, (n, at) => `${n} ${at}`).map((x) => x.key)).toEqual(['created', 'changed', 'commented', 'done:accept', 'clock:solve:warn', 'clock:solve:breach']);
    expect([triggerOf({ on: [] }), triggerOf({ at: 'due - 1d' }), triggerOf({ every: 'hour' })]).toEqual(['on', 'at', 'every']);
    for (const s of ['due - 1d', 'event_date - 7d 09:00', 'event_date - @reminder_lead', 'due', 'due + 2h', 'day 08:00']) expect(writeAt(readAt(s)!)).toBe(s);
    expect(readAt('due -')).toBeNull();
  });
});

describe('declarations', () => {
  it('are sent as a form or as a text, with their place', () => {
    const d = { name: 'major', type: 'complaint', pack: 'own', path: 'rules/major.yaml' };
    expect(bodyOf(d, 'form', { rule: 'major' }, 'x')).toEqual({ ...d, json: { rule: 'major' } });
    expect(bodyOf({ name: 'office', type: null }, 'text', {}, 'calendar: office\n')).toEqual({ name: 'office', yaml: 'calendar: office\n' });
    expect(withKey({ a: 1, when: 'x' }, 'when', '')).toEqual({ a: 1 });
    expect(withKey({ warn: 80 }, 'warn', 0)).toEqual({ warn: 0 });
    expect([labelOf('快到', ''), labelOf(' 快到 ', 'Soon')]).toEqual(['快到', { zh: '快到', en: 'Soon' }]);
    expect([nameFits('a_1'), nameFits('A'), nameFits('1a'), nameFits('')]).toEqual([true, false, false, false]);
  });
  it('show what changed line by line', () => {
    const d = diffLines('a\nb\nc\nd\n', 'a\nB\nc\nd\ne\n');
    expect(d.map((l) => `${l.kind[0]}${l.text}`)).toEqual(['sa', 'db', 'aB', 'sc', 'sd', 'ae']);
    expect(changedLines(d)).toEqual({ add: 2, del: 1 });
    const long = Array.from({ length: 40 }, (_, i) => `line ${i}`);
    const folded = diffLines(long.join('\n'), [...long.slice(0, 20), 'new', ...long.slice(20)].join('\n'));
    expect(folded.map((l) => l.kind)).toEqual(['gap', 'same', 'same', 'same', 'add', 'same', 'same', 'same', 'gap']);
    expect(folded.find((l) => l.kind === 'add')).toMatchObject({ text: 'new', b: 21 });
    expect(diffLines('a\n', 'a\n').every((l) => l.kind === 'same' || l.kind === 'gap')).toBe(true);
    expect(changedLines(diffLines('', 'x\ny\n'))).toEqual({ add: 2, del: 0 });
  });
});

describe('message templates', () => {
  it('are previewed with an example and say what they do not know', () => {
    expect(fillTemplate('{company}：{number}{field:room}，{who}', 'zh', { company: '甲公司' })).toBe('甲公司：GD202611230012〔room〕，{who}');
    expect(unknownIn('{number} {who} {field:room} {field:Room}')).toEqual(['{who}', '{field:Room}']);
  });
});

describe('settings of mail and hooks', () => {
  it('send only what was changed, take away what was emptied, secrets only when typed', () => {
    const kept = { 'mail.url': 'smtp://a:25', 'mail.from': 'x@y', 'mail.password': true, 'webhook.crm.url': 'https://crm', 'webhook.crm.secret': true };
    expect(changedSettings(kept, { 'mail.url': ' smtp://b:25 ', 'mail.from': '', 'mail.password': '', 'mail.name': '', 'webhook.crm.secret': 's' })).toEqual({ 'mail.url': 'smtp://b:25', 'mail.from': null, 'webhook.crm.secret': 's' });
    expect(hooksOf(kept)).toEqual([{ name: 'crm', url: 'https://crm', secret: true }]);
  });
});
