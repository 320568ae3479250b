import { describe, expect, it } from 'vitest';
import { pick, timeFits, withMail, withQuiet, type Choices } from '@/apps/console/pages/notices/notices';
import { issuedGroups, type Issued } from '@/apps/console/pages/record/issued';
import type { Notice } from '@/core/types';

describe('notices', () => {
  const list = [{ id: '3', kind: 'clock', read: false }, { id: '2', kind: 'chased', read: true }, { id: '1', kind: 'clock', read: true }] as Notice[];
  it('are narrowed down to the unread and to a kind', () => {
    expect(pick(list, false, '').length).toBe(3);
    expect(pick(list, true, '').map((n) => n.id)).toEqual(['3']);
    expect(pick(list, false, 'clock').map((n) => n.id)).toEqual(['3', '1']);
    expect(pick(list, true, 'chased')).toEqual([]);
  });
  it('come as one chooses, and the choice before is kept for undo', () => {
    const c: Choices = { mail: { clock: true }, quiet: null, digest: null };
    expect(withMail(c, 'clock', false).mail).toEqual({ clock: false });
    expect(c.mail).toEqual({ clock: true });
    expect(withQuiet(c, '22:00', '07:00').quiet).toEqual({ from: '22:00', to: '07:00' });
    expect(withQuiet(c, '22:00', '22:00').quiet).toBeNull();
    expect(['07:00', '24:00', '7:00', ''].map(timeFits)).toEqual([true, false, false, false]);
  });
});

describe('issued forms', () => {
  const form = (id: string, replaces: string | null, at: string): Issued => ({ id, form: 'ticket', label: '工单', number: id, version: 1, at, actor: null, file: { id, name: '', size: 0, mime: '' }, replaces, replaced: null });
  it('stand with those they replaced, the one that counts first', () => {
    const rows = [form('1', null, '2026-01-01'), form('2', '1', '2026-01-03'), form('3', '2', '2026-01-04'), form('4', null, '2026-01-02')];
    expect(issuedGroups(rows).map((g) => g.map((x) => x.id))).toEqual([['3', '2', '1'], ['4']]);
    expect(issuedGroups([])).toEqual([]);
  });
});
