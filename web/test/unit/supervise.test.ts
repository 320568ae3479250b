import { describe, expect, it } from 'vitest';
import { durationMs, figures, idsByType, keyOf, mergeRows, orderOf, sections, type Board, type BoardRow } from '@/apps/console/pages/board/board';

const at = Date.parse('2026-11-23T02:00:00Z');
const row = (id: string, state: string, minutes: number, more: Partial<BoardRow> = {}): BoardRow =>
  ({ id, type: 'ticket', number: null, title: `t${id}`, customer: null, owner: null, team: null, priority: null, state: 'working', clock: { name: 'solve', label: '', state, due: new Date(at + minutes * 60_000).toISOString() }, ...more }) as BoardRow;

describe('the supervisor board', () => {
  it('puts what is over first, then what is soon over, and keeps the order within', () => {
    const rows = [row('1', 'breached', -40), row('2', 'running', -1), row('3', 'warned', 600), row('4', 'running', 30), row('5', 'running', 600), row('6', 'paused', 10)];
    expect(sections(rows, at + durationMs('4h'), at).map((s) => [s.key, s.rows.map((r) => r.id)])).toEqual([['breached', ['1', '2']], ['soon', ['3', '4']], ['running', ['5']], ['paused', ['6']]]);
  });
  it('says the same figure above and beside a section: all that were counted, and those whose time has passed since', () => {
    const b = { at: new Date(at).toISOString(), totals: { breached: 29, soon: 3, running: 7, paused: 1 } } as Board;
    const rows = [row('1', 'breached', -40), row('2', 'running', 30), row('3', 'running', 600)];
    expect(figures(b, rows, durationMs('4h'), at)).toEqual({ breached: '29', soon: '3', running: '7', paused: '1' });
    expect(figures(b, rows, durationMs('4h'), at + 31 * 60_000)).toEqual({ breached: '30', soon: '2', running: '7', paused: '1' });
    expect(figures({ ...b, totals: { ...b.totals, more: true } }, rows, durationMs('4h'), at).breached).toBe('29+');
  });
  it('reassigns a record once, though two of its clocks were chosen, one type at a time', () => {
    const rows = [row('1', 'breached', -1), row('1', 'warned', 1, { clock: { ...row('1', 'warned', 1).clock, name: 'reply' } }), row('9', 'breached', -1, { type: 'complaint' }), row('2', 'running', 5)];
    expect([...idsByType(rows, new Set(rows.slice(0, 3).map(keyOf)))]).toEqual([['ticket', ['1']], ['complaint', ['9']]]);
  });
  it('keeps what was paged in below when the first page comes anew', () => {
    const before = ['1', '2', '3', '4'].map((i) => row(i, 'running', 5));
    const first = ['2', '5'].map((i) => row(i, 'running', 5));
    expect(mergeRows(before, first).map((r) => r.id)).toEqual(['2', '5', '3', '4']);
    expect(orderOf({ rows: first } as Board)).toBe('ticket/2/solve ticket/5/solve');
  });
});
