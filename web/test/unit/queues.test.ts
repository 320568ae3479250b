import { beforeAll, describe, expect, it } from 'vitest';
import { fillOf, isFree, isLifted, needOf, sayFigure, sayWait, sidesOf, toneOf, waitedMs, worst, type Queue, type QueuePerson, type QueueRow } from '@/apps/console/pages/queues/queues';
import { levelOf, readHolder, withLevel } from '@/apps/console/pages/queues/skills';
import { chooses, changed, endings, locksOf, moved, needKind, newStep, readSpan, seatChoices, spanSeconds, stepsOf, teamsOf, withChoose, withDue, withLocks, withMember, withNeed, withPart, withSerial, withTeams, withWords, writeSpan } from '@/apps/console/pages/settings/declared/routing';
import { map, maps, str, strs, withKey, type Decl } from '@/apps/console/pages/settings/declared/declared';
import { setLang } from '@/core/i18n';
import { isTree, linesOf, treeOf } from '@/schema/list/tree';
import type { Row, Type } from '@/core/types';

beforeAll(() => setLang('zh'));

const person = (p: Partial<QueuePerson>): QueuePerson => ({ id: '1', label: '甲', presence: 'idle', takes: true, load: 0, capacity: 10, ringing: false, skills: [], absent: false, ...p });
const row = (r: Partial<QueueRow>): QueueRow => ({ id: '1', type: 'ticket', number: 'GD1', title: 'x', priority: 'normal', class: 2, since: '2026-11-23T01:00:00Z', step: 0, needs: [], offered_to: null, until: null, ...r });

describe('the board of the queues', () => {
  it('says waits so that they can be read while they count on', () => {
    expect([0, 7_900, 750_000, 3_900_000, 2 * 86_400_000].map(sayWait)).toEqual(['0:00', '0:07', '12:30', '1:05:00', '2 天']);
    expect([null, 12_400, 125_000, 900_000].map(sayFigure)).toEqual(['', '12 秒', '2 分 5 秒', '15 分钟']);
    expect([0, 299_999, 300_000, 900_000].map(toneOf)).toEqual(['', '', 'soon', 'late']);
    expect(waitedMs('2026-11-23T01:00:00Z', Date.parse('2026-11-23T01:00:05Z'))).toBe(5000);
    expect([waitedMs(null, 5), waitedMs('2026-11-23T01:00:00Z', 0)]).toEqual([0, 0]);
  });
  it('knows who is free, and how full', () => {
    expect([person({}), person({ load: 10 }), person({ takes: false }), person({ absent: true }), person({ ringing: true })].map(isFree)).toEqual([true, false, false, false, false]);
    expect([person({ load: 5 }), person({ load: 20 }), person({ capacity: 0 })].map(fillOf)).toEqual([0.5, 1, 1]);
  });
  it('puts those first at whom something rings, then the freest; who is away is folded', () => {
    const s = sidesOf([person({ id: 'off', presence: 'offline', takes: false }), person({ id: 'busy', presence: 'call', takes: false }), person({ id: 'half', load: 5 }), person({ id: 'free' }), person({ id: 'rings', ringing: true }), person({ id: 'gone', absent: true }), person({ id: 'full', load: 10 })]);
    expect(s.here.map((p) => p.id)).toEqual(['rings', 'free', 'half', 'full', 'busy']);
    expect(s.away.map((p) => p.id)).toEqual(['off', 'gone']);
  });
  it('reads what is needed, and whether it was lifted', () => {
    expect([needOf('repair:2'), needOf('repair'), needOf('a:b:3')]).toEqual([{ skill: 'repair', level: 2 }, { skill: 'repair', level: 1 }, { skill: 'a:b', level: 3 }]);
    expect([row({}), row({ class: 0 }), row({ priority: null, class: 0 }), row({ priority: 'urgent', class: 0 })].map(isLifted)).toEqual([false, true, false, false]);
  });
  it('shows the worst off', () => {
    const q = (name: string, longest_ms: number): Queue => ({ name, label: name, type: 'ticket', waiting: 0, oldest_since: null, longest_ms, ringing: 0, today: { in: 0, timed_out: 0, assigned: 0, wait_mean_ms: null, wait_p95_ms: null }, people: [], rows: [] });
    expect([worst([q('a', 1), q('b', 9), q('c', 9)])?.name, worst([])]).toEqual(['b', undefined]);
  });
});

describe('skills', () => {
  const holder = readHolder({ id: '7', version: 3, fields: { name: '李婷', teams: [{ id: '1', label: '一组' }], abilities: [{ id: 'l1', skill: { id: 's1', label: '报修' }, level: 3, note: '老师傅' }] } });
  it('have one level each; other lines and what else they hold stay', () => {
    expect([levelOf(holder, 's1'), levelOf(holder, 's2')]).toEqual([3, 0]);
    expect(withLevel(holder.abilities, { id: 's1', code: 'repair', name: '报修' }, 5)).toEqual([{ id: 'l1', skill: { id: 's1', label: '报修' }, level: 5, note: '老师傅' }]);
    expect(withLevel(holder.abilities, { id: 's2', code: 'vip', name: 'VIP' }, 2)).toHaveLength(2);
    expect(withLevel(holder.abilities, { id: 's1', code: 'repair', name: '报修' }, 0)).toEqual([]);
    expect(withLevel(holder.abilities, { id: 's2', code: 'vip', name: 'VIP' }, 0)).toEqual(holder.abilities);
  });
});

/* declarations with every word there is, and one that no form knows */
const queue: Decl = {
  queue: 'hotline', label: { zh: '热线工单', en: 'Hotline' }, type: 'ticket', where: 'category != billing',
  members: { teams: ['KF1'], roles: ['agent'], where: 'joined < today - 30d', later: 1 },
  needs: [{ skill: 'repair', level: 2, when: 'category = repair' }], first: [{ when: 'customer.is_vip = true', lift: 1 }], age: [{ after: '30m', lift: 1 }],
  choose: ['last_agent', 'least_busy', 'round_robin'], capacity: '@agent_capacity', offer: '@offer_seconds', shift: true,
  widen: [{ after: '5m', level: -1 }, { after: '10m', teams: ['KF'] }, { after: '20m', do: [{ notify: 'lead', text: '等久了' }] }, { after: '30m', to: 'second_line' }], later: 'x',
};
const route: Decl = {
  approval: 'plan_review', label: '方案审批', type: 'business_plan', start: 'submit', approved: 'approve', refused: 'refuse', returned: 'send_back', withdraw: 'take_back', reopen: ['request_change'],
  locks: ['amount', 'lines'], amount: 'amount', summary: ['amount', 'customer'], scan: 'signed_scan', standing: { up_to: '@simple_limit', by: 'lead' },
  steps: [{ name: 'first', label: '初审', who: ['role:manager'], need: 'all', due: '1bd', escalate: ['role:head'] }, { name: 'joint', who: ['role:finance', 'field:brand.account_manager'], need: 2, serial: true, own: true, when: 'amount > 1000' }, { name: 'committee', who: ['team:committee'], need: 'majority', quorum: 3, later: true }],
};

describe('a queue in its form', () => {
  it('is written as it was read', () => {
    let d = queue;
    d = withTeams(d, teamsOf(map(d.members)), strs(map(d.members).teams));
    d = withMember(d, 'roles', strs(map(d.members).roles));
    d = withMember(d, 'where', str(map(d.members).where));
    d = withKey(d, 'needs', changed(maps(d.needs), 0, { ...maps(d.needs)[0]!, level: 2 }));
    d = withKey(d, 'age', maps(d.age).map((a) => ({ ...a, after: writeSpan(readSpan(a.after)) })));
    d = withKey(d, 'widen', maps(d.widen).map((w) => ({ ...w, after: writeSpan(readSpan(w.after)) })));
    d = withKey(d, 'choose', moved(moved(chooses(d), 0, 1), 1, -1));
    d = withKey(d, 'offer', writeSpan(readSpan(d.offer)));
    expect(d).toEqual(queue);
  });
  it('asks the record’s team, whatever team, or some', () => {
    expect([teamsOf({}), teamsOf({ teams: 'all' }), teamsOf({ teams: ['A'] }), teamsOf({ teams: [] })]).toEqual(['record', 'all', 'some', 'some']);
    expect(withTeams(queue, 'all', []).members).toEqual({ teams: 'all', roles: ['agent'], where: 'joined < today - 30d', later: 1 });
    expect(withTeams({ members: { teams: 'all' } }, 'record', [])).toEqual({});
    expect(withTeams({}, 'some', ['A'])).toEqual({ members: { teams: ['A'] } });
  });
  it('keeps times in their own units', () => {
    expect(['30s', '5m', '2h', '1d', '1w', '0', '@offer_seconds', 'bald', 90].map((s) => writeSpan(readSpan(s)))).toEqual(['30s', '5m', '2h', '1d', '1w', '0', '@offer_seconds', 'bald', '90']);
    expect([writeSpan({ n: '0', unit: 'm' }), writeSpan({ n: 'x', unit: 's' })]).toEqual(['1m', '1s']);
    expect(['90s', '2m', '0', '@x', 'x'].map(spanSeconds)).toEqual([90, 120, 0, null, null]);
  });
  it('prefers in the order that is said; one at least', () => {
    expect(chooses({})).toEqual(['least_busy', 'round_robin']);
    expect(withChoose({ choose: ['least_busy'] }, 'last_agent', true).choose).toEqual(['least_busy', 'last_agent']);
    expect(withChoose({ choose: ['least_busy'] }, 'least_busy', false).choose).toEqual(['least_busy']);
    expect(moved([1, 2, 3], 0, -1)).toEqual([1, 2, 3]);
  });
  it('widens by what is ticked', () => {
    expect(withPart({ after: '5m', level: -1 }, 'level', false)).toEqual({ after: '5m' });
    expect(withPart({ after: '5m' }, 'do', true)).toEqual({ after: '5m', do: [{ notify: 'lead', text: '' }] });
  });
});

describe('a route in its form', () => {
  it('is written as it was read', () => {
    let d = withWords(route, 'start', strs(route.start));
    d = withLocks(d, locksOf(d), strs(d.locks));
    const same = stepsOf(d).map((s) => {
      const n = withNeed(s, needKind(s), Number(s.need));
      return s.serial ? withSerial(n, true) : s.due ? withDue(n, str(s.due)) : n;
    });
    expect({ ...d, steps: same }).toEqual(route);
    expect(withWords({ start: ['a', 'b'] }, 'start', ['a']).start, 'a list stays a list').toEqual(['a']);
  });
  it('lets go of what belongs to another choice', () => {
    expect(withNeed({ name: 'a', need: 'majority', quorum: 3 }, 'any')).toEqual({ name: 'a', need: 'any' });
    expect(withNeed({ name: 'a' }, 'number')).toEqual({ name: 'a', need: 2 });
    expect(withDue({ due: '1bd', escalate: ['lead'], name: 'a' }, '')).toEqual({ name: 'a' });
    expect(withSerial({ parallel: true }, true)).toEqual({ serial: true });
    expect([locksOf({}), locksOf({ locks: 'all' }), locksOf({ locks: [] })]).toEqual(['none', 'all', 'some']);
    expect(withLocks({ locks: ['a'] }, 'none', [])).toEqual({});
    expect(([{}, { need: 3 }, { need: '3' }, { need: 'any' }] as Decl[]).map(needKind)).toEqual(['all', 'number', 'number', 'any']);
  });
  it('ends with steps that are possible from where it stands', () => {
    const type = { name: 'plan', uses_work: false, fields: { reviewers: { name: 'reviewers', label: '专家', kind: 'links', to: 'user' } }, transitions: [
      { name: 'submit', label: '提交', from: ['draft'], to: 'review' }, { name: 'approve', label: '同意', from: ['review'], to: 'agreed' }, { name: 'archive', label: '归档', from: ['agreed'], to: null }, { name: 'void', label: '作废', from: [], to: 'void' }, { name: 'assign', label: '改派', from: [], to: null, system: true }] } as unknown as Type;
    expect(endings(type, ['submit']).map((x) => x.key)).toEqual(['approve', 'void']);
    expect(seatChoices(type, (k) => k, [{ key: 'lead', label: '班长' }], [{ key: 'KF', label: '客服部' }], []).map((x) => x.key)).toEqual(['role:lead', 'creator', 'field:reviewers', 'team:KF']);
  });
  it('numbers new steps', () => {
    expect(newStep([{ name: 'step_2' }], '第 2 步')).toEqual({ name: 'step_3', label: '第 2 步', who: [], need: 'any' });
  });
});

describe('a tree', () => {
  const r = (id: string, parent: string | null, code = ''): Row => ({ id, version: 1, fields: { name: `n${id}`, code, parent: parent ? { id: parent, label: parent } : null } });
  const name = (x: Row): string => String(x.fields.name);
  it('grows from parents; what has none here, and circles, stand on top', () => {
    const nodes = treeOf([r('1', null), r('2', '1'), r('3', '2'), r('4', '9'), r('5', '6'), r('6', '5')], name);
    expect(nodes.map((n) => n.row.id)).toEqual(['1', '4', '5', '6']);
    expect(nodes[0]!.below[0]!.below[0]!.path).toEqual(['n1', 'n2', 'n3']);
  });
  it('shows what is unfolded, or what fits and the way to it', () => {
    const nodes = treeOf([r('1', null), r('2', '1'), r('3', '2', 'C-9'), r('4', null)], name);
    const ids = (open: string[], q = ''): string[] => linesOf(nodes, (id) => open.includes(id), q).map((n) => n.row.id);
    expect([ids([]), ids(['1']), ids(['1', '2'])]).toEqual([['1', '4'], ['1', '2', '4'], ['1', '2', '3', '4']]);
    expect([ids([], 'c-9'), ids([], 'n4'), ids([], 'n1'), ids([], 'zzz')]).toEqual([['1', '2', '3'], ['4'], ['1', '2', '3'], []]);
  });
  it('is what a link `parent` to itself makes', () => {
    expect([isTree({ name: 'a', fields: { parent: { kind: 'link', to: 'a' } } } as unknown as Type), isTree({ name: 'a', fields: { parent: { kind: 'link', to: 'b' } } } as unknown as Type), isTree(undefined)]).toEqual([true, false, false]);
  });
});
