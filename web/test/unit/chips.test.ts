import { describe, expect, it } from 'vitest';
import type { FilterModel } from '@/core/filter';
import type { Type } from '@/core/types';
import { both, chipOf, chipsOf, readTyped, textOfChips } from '@/schema/list/chips';
import type { Names } from '@/schema/filterWords';

const ticket = {
  name: 'ticket', label: { zh: '工单' }, uses_work: true, number: 'GD{seq:4}', title: 'title', inputs: {}, transitions: [], views: [], form: [], prints: [], rights: {},
  states: [],
  fields: {
    title: { name: 'title', label: { zh: '标题' }, kind: 'text', search: true },
    number: { name: 'number', label: { zh: '编号' }, kind: 'text' },
    state: { name: 'state', label: { zh: '状态' }, kind: 'choice', options: [{ name: 'open', label: { zh: '待办' } }, { name: 'shut', label: { zh: '已办' } }] },
    due: { name: 'due', label: { zh: '期限' }, kind: 'datetime' },
    owner: { name: 'owner', label: { zh: '责任人' }, kind: 'link', to: 'user' },
    major: { name: 'major', label: { zh: '重大' }, kind: 'flag' },
  },
  lists: [{ name: 'tasks', label: { zh: '任务' }, of: 'ticket', by: 'owner' }],
} as unknown as Type;
const user = { name: 'user', fields: { name: { name: 'name', label: { zh: '姓名' }, kind: 'text' } } };
const names: Names = { model: { types: { ticket, user } } as unknown as FilterModel, refs: new Map([['42', '王敏']]) };
const words = (text: string): string[] => chipsOf(text, 'ticket', names).map((c) => c.words);

describe('filter chips', () => {
  it('read a filter in words', () => {
    expect(words("state in (open, shut) and owner = 42 and title contains '空调'")).toEqual(['状态 是 待办、已办', '责任人 是 王敏', '标题 包含 空调']);
    expect(words('owner = @me and due < now and major = true')).toEqual(['责任人 是 我', '期限 早于 现在', '重大']);
    expect(words('title is not empty and any(tasks)')).toEqual(['标题 不为空', '有任务']);
    expect(words('owner.name = \'a\'')).toEqual(['责任人·姓名 等于 a']);
  });
  it('keep what they read: the text stays the same filter', () => {
    for (const text of ["state in (open, shut) and owner = 42", '(state = open or major = true) and due >= today and due < today + 1d', 'not (state = open)']) {
      const chips = chipsOf(text, 'ticket', names);
      const again = chipsOf(textOfChips(chips), 'ticket', names);
      expect(again.map((c) => c.filter)).toEqual(chips.map((c) => c.filter));
    }
  });
  it('join the two ends of a time', () => {
    expect(chipsOf('due >= today and due < today + 1d', 'ticket', names)).toHaveLength(1);
  });
  it('keep text they cannot read as it is', () => {
    expect(chipsOf('secret = 1', 'ticket', names)).toEqual([{ text: '(secret = 1)', filter: null, words: 'secret = 1', path: null }]);
  });
  it('take typed words as a title, a number as a number, a filter as a filter', () => {
    const read = (s: string): string[] | null => {
      const r = readTyped(s, ticket, names);
      return r.ok ? r.chips.map((c) => c.text) : null;
    };
    expect(read("it's broken")).toEqual(["title contains 'it''s broken'"]);
    expect(read('gd202611230001')).toEqual(["number = 'GD202611230001'"]);
    expect(read('state = open')).toEqual(['state = open']);
    expect(read('state = nowhere')).toBeNull();
  });
  it('are joined with a view so that its or stays inside', () => {
    expect(both('a = 1 or b = 2', 'c = 3')).toBe('(a = 1 or b = 2) and c = 3');
    expect(both('all', 'c = 3')).toBe('c = 3');
    expect(chipOf(['or', ['=', 'state', 'open'], ['=', 'major', true]], 'ticket', names).text).toBe('(state = open or major = true)');
  });
});
