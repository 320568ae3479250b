import { describe, expect, it } from 'vitest';
import type { Field, Transition, Type } from '@/core/types';
import { requiredOf, startsOf } from '@/schema/asks';

const f = (name: string, kind: Field['kind'], more: Partial<Field> = {}): Field => ({ name, label: name, kind, ...more });
const type: Type = {
  name: 'ticket', label: '工单', states: [], lists: [], views: [], form: [], prints: [], rights: {}, transitions: [],
  fields: { answer: f('answer', 'long_text'), solution: f('solution', 'long_text'), form: f('form', 'choice', { options: [{ name: 'phone', label: '电话' }] }), told: f('told', 'datetime'), mobile: f('mobile', 'phone') },
  inputs: { reason: f('reason', 'text', { default: '客户要求' }) },
};
const asks: Transition['asks'] = [
  { name: 'answer', input: false, required: true },
  { name: 'solution', input: false, required: true, from: 'solution' },
  { name: 'form', input: false, required: false, preset: 'phone' },
  { name: 'told', input: false, required: true, preset: 'now' },
  { name: 'mobile', input: false, required: false, from: 'mobile' },
  { name: 'reason', input: true, required: false },
];

describe('what the form of a step begins with', () => {
  const starts = startsOf(type, { asks }, { answer: '上一次的答复', solution: '换了滤网', form: null, mobile: { masked: '138****0021' } }, null);
  it('is what the pack says, never an earlier answer by itself', () => {
    expect(starts.answer).toBeNull();
    expect(starts.solution).toBe('换了滤网');
    expect(starts.form).toBe('phone');
    expect(starts.told).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:00.000Z$/);
    expect(starts.reason).toBe('客户要求');
  });
  it('is never a masked value', () => expect(starts.mobile).toBeNull());
});

it('requires what the step asks for and what the record lacks for it', () => {
  expect(requiredOf({ asks, needs: ['category', 'solution'] }, { solution: '换了滤网' })).toEqual(['answer', 'solution', 'told', 'category']);
});
