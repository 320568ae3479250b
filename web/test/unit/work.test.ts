import { describe, expect, it } from 'vitest';
import { saysDue, type WorkRow } from '../../apps/console/pages/workbench/work';

const row = (o: Partial<WorkRow>): WorkRow => ({ id: '1', type: 'ticket', number: null, title: null, customer: null, state: 'working', stage: 'open', priority: null, due: '2026-11-23T09:30:00Z', owner: null, why: '', why_code: 'today', minutes: 60, may: [], clock: { name: 'handle', label: '办理', state: 'running', due: '2026-11-23T09:30:20Z' }, ...o });

describe('a row of the workbench', () => {
  it('says one time once', () => {
    expect(saysDue(row({}))).toBe(true);
    expect(saysDue(row({ clock: { name: 'first', label: '首次答复', state: 'running', due: '2026-11-23T08:00:00Z' } }))).toBe(false);
    expect(saysDue(row({ why_code: 'hand_over' }))).toBe(false); // its words tell how long it waits
    expect(saysDue(row({ due: null }))).toBe(false);
    expect(saysDue(row({ clock: null }))).toBe(false);
  });
});
