import { describe, expect, it } from 'vitest';
import { found, type Macro } from '@/apps/console/pages/matter/macros';
import { kindOf, linkGroups, movesOf } from '@/apps/console/pages/matter/matter';

const macro = (name: string, more: Partial<Macro> = {}): Macro => ({ id: name, name, group: null, of_type: null, reply: null, steps: [], many: false, ...more });
const other = { id: '9', type: 'ticket', number: 'GD9', title: '泵房漏水', state: 'working', stage: 'open' as const, owner: null, may_read: true };

describe('linked matters', () => {
  it('the same link reads the other way round on the other side', () => {
    expect(kindOf({ kind: 'blocks', out: true })).toBe('blocks');
    expect(kindOf({ kind: 'blocks', out: false })).toBe('blocked_by');
    expect(kindOf({ kind: 'split_from', out: false })).toBe('split_into');
    expect(kindOf({ kind: 'duplicate', out: false })).toBe('duplicates');
    expect(kindOf({ kind: 'related', out: false })).toBe('related');
  });
  it('what it waits for comes first, then the parent, its parts last but the related', () => {
    const groups = linkGroups({ fields: { parent: { id: '1', label: '大修', type: 'ticket' } }, children: [other], links: [
      { id: 'a', kind: 'related', out: true, record: other, at: '' },
      { id: 'b', kind: 'blocks', out: false, record: null, at: '' },
    ] });
    expect(groups.map((g) => g.kind)).toEqual(['blocked_by', 'parent', 'child', 'related']);
    expect(groups[0]!.rows[0]!.matter).toBeNull();
  });
  it('parts that stand in a list of the page are not said twice', () => {
    const record = { fields: {}, children: [other, { ...other, id: '10', type: 'task' }], links: [] };
    expect(linkGroups(record, [{ of: 'task', show: true }, { of: 'ticket' }])[0]!.rows.map((x) => x.matter!.id)).toEqual(['9']);
  });
  it('each thing goes to the part that was chosen for it', () => {
    const at = new Map([['tasks/1', 0], ['tasks/2', 1], ['files/3', 0]]);
    expect(movesOf(at, 0)).toEqual({ tasks: ['1'], files: ['3'] });
    expect(movesOf(at, 1)).toEqual({ tasks: ['2'] });
    expect(movesOf(at, 2)).toEqual({});
  });
});

describe('ready replies', () => {
  const all = [macro('催办安抚', { reply: '您着急的心情' }), macro('退款到账', { group: '退换退款' }), macro('升级', { reply: '退款已升级' })];
  it('finds by name, group and words; those of that name first', () => {
    expect(found(all, '退款').map((m) => m.name)).toEqual(['退款到账', '升级']);
    expect(found(all, '着急').map((m) => m.name)).toEqual(['催办安抚']);
    expect(found(all, '没有').length).toBe(0);
    expect(found(all, ' ').length).toBe(3);
  });
});
