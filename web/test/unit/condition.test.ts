import { describe, expect, it } from 'vitest';
import { scopeOf, type FilterModel } from '@/core/filter';
import { parseFilter, printFilter } from '@/core/filter-text';
import { setLang } from '@/core/i18n';
import { listChoices, pathChoices, pathLabel } from '@/schema/condition/fields';
import { filterOf, fitValue, gapsOf, newGroup, newLeaf, newList, opsOf, readTree, textOfTree, type Cond, type Group } from '@/schema/condition/tree';
import { wordsOf } from '@/schema/filterWords';

setLang('zh');
const field = (name: string, kind: string, zh: string, more: object = {}): object => ({ name, kind, label: { zh }, ...more });
const model = {
  parameters: { big: { label: { zh: '大额' }, value: '500.00', kind: 'money' }, plan: { label: { zh: '方案' }, value: 'open', kind: 'text' } },
  types: {
    ticket: {
      name: 'ticket', uses_work: true,
      fields: {
        title: field('title', 'text', '标题'), amount: field('amount', 'money', '金额'), n: field('n', 'number', '次数', { scale: 0 }),
        state: field('state', 'choice', '状态', { options: [{ name: 'open', label: { zh: '待办' } }, { name: 'shut', label: { zh: '已办' } }] }),
        tags: field('tags', 'choices', '标签', { options: [{ name: 'a', label: { zh: '甲' } }, { name: 'b', label: { zh: '乙' } }] }),
        due: field('due', 'datetime', '期限'), day: field('day', 'date', '日期'), major: field('major', 'flag', '重大'), late: field('late', 'computed', '逾期'),
        owner: field('owner', 'link', '责任人', { to: 'user' }), team: field('team', 'link', '班组', { to: 'team' }), customer: field('customer', 'link', '客户', { to: 'customer' }),
        lines: field('lines', 'table', '明细', { columns: { what: field('what', 'text', '内容'), cost: field('cost', 'money', '费用') } }),
        files: field('files', 'files', '附件'),
      },
      lists: [{ name: 'tasks', label: { zh: '任务' }, of: 'ticket', by: 'owner' }],
    },
    user: { name: 'user', fields: { name: field('name', 'text', '姓名') } },
    team: { name: 'team', fields: { name: field('name', 'text', '名称') } },
    customer: { name: 'customer', fields: { name: field('name', 'text', '姓名'), vip: field('vip', 'flag', 'VIP'), manager: field('manager', 'link', '客户经理', { to: 'user' }) }, lists: [{ name: 'tickets', label: { zh: '工单' }, of: 'ticket', by: 'customer' }] },
  },
} as unknown as FilterModel;
const scope = scopeOf(model, 'ticket');

const tree = (text: string): Group => {
  const r = readTree(text, 'ticket', model);
  if (!r.ok) throw new Error(`${text}: ${r.message}`);
  return r.tree;
};
const canonical = (text: string): string => {
  const p = parseFilter(text, 'ticket', model);
  if (!p.ok) throw new Error(p.message);
  return p.filter[0] === 'all' ? '' : printFilter(p.filter, 'ticket', model);
};

const texts = [
  'all', 'state = open', 'state != open', 'state in (open, shut)', 'state not in (open, shut)', "title contains '空调' and not (title contains '测试')", "title = 'a' or title in ('b', 'c')",
  'amount >= 500.00 and amount < @big', 'n = 3 and n != 4 and n in (1, 2)', 'major = true and late = false', 'major is empty', 'due < now + 2h', 'due >= today - 1d and day = today', 'day <= 2026-12-31',
  'due > closed_at', 'owner = @me or team in @my_teams', 'owner != 42 and owner in (7, 8)', 'owner is not empty', 'tags contains a and files is empty', 'customer.vip = true', 'customer.manager = owner',
  'any(tasks)', 'none(tasks, state = open and owner = outer.owner)', 'count(tasks, state = open) >= 3', 'any(lines, cost > 100.00 or what is empty)', 'count(customer.tickets) != 0',
  '(state = open or major = true) and (due < now or not (n > 3 and major = true))', 'not (any(tasks) or major = true)', 'created_at >= today - 30d', 'state >= open', 'title = @plan',
];

describe('the condition builder', () => {
  it('reads every kind of filter into a tree and writes the same filter', () => {
    const known = texts.map((text) => (text === 'due > closed_at' ? 'due > created_at' : text));
    for (const text of known) {
      const t = tree(text);
      expect(gapsOf(t, model, scope), text).toBe(0);
      const out = textOfTree(t, 'ticket', model);
      expect(out, text).toBe(canonical(text));
      // And once more: text and tree stay in step however often one goes to and fro.
      expect(textOfTree(tree(out), 'ticket', model), text).toBe(out);
    }
  });
  it('says where a text is wrong and leaves it to the builder to keep what it has', () => {
    const r = readTree('state = nowhere', 'ticket', model);
    expect(r.ok).toBe(false);
    expect(!r.ok && r.at).toBe(8);
    expect(readTree('', 'ticket', model)).toMatchObject({ ok: true, tree: { kids: [] } });
  });
  it('leaves what is not filled in out of the filter, and counts it', () => {
    const g = newGroup('and', [{ ...newLeaf('state'), op: 'is', value: [] }, { ...newLeaf('major'), op: '=', value: true }, newLeaf(), newList()]);
    expect(gapsOf(g, model, scope)).toBe(3);
    expect(textOfTree(g, 'ticket', model)).toBe('major = true');
    expect(filterOf(newGroup(), model, scope)).toBeNull();
  });
  it('turns one chosen option into =, several into in', () => {
    const of = (value: string[], op: 'is' | 'is_not' = 'is'): string => textOfTree(newGroup('and', [{ ...newLeaf('state'), op, value }]), 'ticket', model);
    expect([of(['open']), of(['open', 'shut']), of(['open'], 'is_not'), of(['open', 'shut'], 'is_not')]).toEqual(['state = open', 'state in (open, shut)', 'state != open', 'state not in (open, shut)']);
  });
  it('writes groups with their sign and the brackets they need', () => {
    const leaf = (path: string): Cond => ({ ...newLeaf(path), op: '=', value: true });
    const or = newGroup('or', [leaf('major'), leaf('late')]);
    expect(textOfTree(newGroup('and', [or, leaf('major')]), 'ticket', model)).toBe('(major = true or late = true) and major = true');
    expect(textOfTree({ ...or, not: true }, 'ticket', model)).toBe('not (major = true or late = true)');
    expect(textOfTree(newGroup('and', [newGroup('or', [])]), 'ticket', model)).toBe('');
  });
  it('offers only comparisons that the language has for a field', () => {
    // Each offered comparison, with a value that fits, is one the parser takes.
    for (const f of Object.values(model.types.ticket!.fields)) {
      if (f.kind === 'table') continue;
      for (const op of opsOf(f)) {
        const sample: Record<string, unknown> = { text: 'x', money: '1.00', number: 1, choice: 'open', choices: 'a', link: '1' };
        const before = fitValue(f, op, null);
        const v = Array.isArray(before) ? [sample[f.kind]] : before === null && op !== 'empty' && op !== 'not_empty' ? sample[f.kind] : before;
        const g = newGroup('and', [{ ...newLeaf(f.name!), op, value: v as never }]);
        expect(gapsOf(g, model, scope), `${f.name} ${op}`).toBe(0);
        const text = textOfTree(g, 'ticket', model);
        expect(parseFilter(text, 'ticket', model).ok, `${f.name} ${op}: ${text}`).toBe(true);
      }
    }
  });
  it('keeps a value that still fits when the comparison changes', () => {
    const state = model.types.ticket!.fields.state!;
    expect(fitValue(state, 'is_not', ['open', 'shut'])).toEqual(['open', 'shut']);
    expect(fitValue(state, '>=', ['open', 'shut'])).toBe('open');
    expect(fitValue(model.types.ticket!.fields.due!, '<', null)).toEqual({ now: '' });
    expect(fitValue(model.types.ticket!.fields.major!, '=', null)).toBe(true);
    expect(fitValue(state, 'empty', ['open'])).toBeNull();
  });
});

describe('what a condition may speak of', () => {
  it('is found by label, behind links too', () => {
    const keys = (q: string): string[] => pathChoices(model, scope, q).map((c) => c.key);
    expect(keys('')).toContain('state');
    expect(keys('')).toContain('created_at');
    expect(keys('')).not.toContain('lines');
    expect(keys('vip')).toEqual(['customer.vip']);
    expect(keys('客户经理·姓名')).toEqual(['customer.manager.name']);
    expect(pathLabel(model, scope, 'customer.manager.name')).toBe('客户·客户经理·姓名');
  });
  it('has the record around a list as well', () => {
    const inner = { ...scopeOf(model, 'ticket', scope) };
    expect(pathChoices(model, inner, '责任人').map((c) => c.key)).toEqual(expect.arrayContaining(['owner', 'outer.owner']));
    expect(pathLabel(model, inner, 'outer.owner')).toBe('外层·责任人');
    expect(listChoices(model, scope).map((l) => l.key)).toEqual(['tasks', 'lines', 'customer.tickets']);
  });
  it('is said in words', () => {
    const p = parseFilter('count(tasks, state = open) >= 3 and customer.vip = true', 'ticket', model);
    expect(p.ok && wordsOf({ model, refs: new Map() }, 'ticket', p.filter)).toBe('任务条数（状态 是 待办） 不少于 3且客户·VIP');
  });
});
