import { describe, expect, it } from 'vitest';
import { offersTo, statesOf, waysOf } from '@/apps/console/pages/list/board';
import type { FullRecord, Offer, Transition, Type } from '@/core/types';

const step = (name: string, from: string[], to: string | null): Transition => ({ name, label: name, from, to, needs: [], asks: [] });
const type: Type = {
  name: 'ticket', label: '工单', lists: [], views: [], form: [], prints: [], rights: {}, inputs: {},
  fields: { state: { name: 'state', label: '状态', kind: 'choice' } },
  states: [{ name: 'open', label: '待办', stage: 'open' }, { name: 'done', label: '办结', stage: 'done' }],
  transitions: [step('close', ['open'], 'done'), step('drop', [], 'done'), step('note', ['open'], null), step('reopen', ['done'], 'open')],
};
const offer = (name: string, to: string, allowed: boolean, why?: string): Offer => ({ ...step(name, [], to), allowed, why });
const record = { can: { transitions: [offer('close', 'done', false, '还有任务'), offer('drop', 'done', false, '只有班长可以'), offer('reopen', 'open', true)] } } as unknown as FullRecord;

describe('the columns of a board', () => {
  it('are the states, if the user sees them', () => {
    expect(statesOf(type).map((s) => s.name)).toEqual(['open', 'done']);
    expect(statesOf({ ...type, fields: {} })).toEqual([]);
  });
  it('are reached by the steps that begin where the card is', () => {
    expect(waysOf(type, 'open', 'done').map((t) => t.name)).toEqual(['close', 'drop']);
    expect(waysOf(type, 'done', 'open').map((t) => t.name)).toEqual(['reopen']);
    expect(waysOf(type, 'done', 'done')).toEqual([]);
  });
  it('say why they are not', () => {
    expect(offersTo(record, 'done')).toEqual({ allowed: [], why: ['还有任务', '只有班长可以'] });
    expect(offersTo(record, 'open').allowed.map((o) => o.name)).toEqual(['reopen']);
  });
});
