import { describe, expect, it } from 'vitest';
import { askedOf, missing, outcomesOf } from '@/apps/console/pages/call/outcome';
import type { Field, Transition, Type } from '@/core/types';

const f = (name: string, kind: Field['kind'], more: Partial<Field> = {}): Field => ({ name, label: name, kind, ...more });
const step = (name: string, asks: [string, boolean, boolean][]): Transition => ({ name, label: name, from: [], to: null, needs: [], asks: asks.map(([n, input, required]) => ({ name: n, input, required })) });
const type: Type = {
  name: 'follow_up', label: '回访', states: [], lists: [], views: [], form: [], prints: [], rights: {},
  fields: { answers: f('answers', 'long_text'), satisfaction: f('satisfaction', 'choice'), unsatisfied_reason: f('unsatisfied_reason', 'text'), score: f('score', 'number') },
  inputs: { try_result: f('try_result', 'choice', { options: [{ name: 'busy', label: '占线' }, { name: 'off', label: '关机', retired: true }] }), call_at: f('call_at', 'datetime') },
  transitions: [
    step('complete', [['answers', false, true], ['satisfaction', false, true], ['unsatisfied_reason', false, false], ['score', false, false]]),
    step('no_answer', [['try_result', true, true]]), step('dead', []), step('appoint', [['call_at', true, true]]),
  ],
};

describe('what came of a call', () => {
  it('is what the pack has steps for', () => {
    expect(outcomesOf(type, { reached: '接通' }).map((o) => o.key)).toEqual(['reached', 'busy', 'dead', 'appoint']);
  });
  it('asks only what does not follow from it', () => {
    const [reached, busy, , appoint] = outcomesOf(type, { reached: '接通' });
    expect(askedOf(type, busy)).toEqual([]);
    expect(busy!.fixed).toEqual({ try_result: 'busy' });
    expect(askedOf(type, appoint).map((a) => a.field.name)).toEqual(['call_at']);
    expect(askedOf(type, reached).map((a) => a.field.name)).toEqual(['answers', 'satisfaction', 'unsatisfied_reason', 'score']);
  });
  it('needs a reason where he is not satisfied', () => {
    const asked = askedOf(type, outcomesOf(type, { reached: '接通' })[0]);
    expect(missing(asked, { answers: '好', satisfaction: 'satisfied' })).toEqual([]);
    expect(missing(asked, { answers: '', satisfaction: 'dissatisfied' })).toEqual(['answers', 'unsatisfied_reason']);
  });
});
