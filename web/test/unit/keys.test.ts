import { afterEach, describe, expect, it, vi } from 'vitest';
import { effectScope, type EffectScope } from 'vue';
import { canonical, shortcutList, useKeys } from '@/core/keys';

const scopes: EffectScope[] = [];
function scope(fn: () => void): EffectScope {
  const s = effectScope();
  s.run(fn);
  scopes.push(s);
  return s;
}
afterEach(() => {
  scopes.splice(0).forEach((s) => s.stop());
  document.body.innerHTML = '';
});
function press(init: KeyboardEventInit, on: EventTarget = document.body): KeyboardEvent {
  const e = new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...init });
  on.dispatchEvent(e);
  return e;
}

describe('shortcuts', () => {
  it('fire, and stop firing with their component', () => {
    const run = vi.fn();
    const s = scope(() => useKeys({ keys: 'j', run }));
    expect(press({ key: 'j' }).defaultPrevented).toBe(true);
    expect(run).toHaveBeenCalledOnce();
    s.stop();
    expect(press({ key: 'j' }).defaultPrevented).toBe(false);
    expect(run).toHaveBeenCalledOnce();
  });
  it('leave letters alone while somebody types, but not Ctrl+K', () => {
    const j = vi.fn();
    const k = vi.fn();
    scope(() => useKeys({ keys: 'j', run: j }, { keys: 'Ctrl+K', run: k }));
    const input = document.createElement('input');
    document.body.append(input);
    press({ key: 'j' }, input);
    press({ key: 'k', ctrlKey: true }, input);
    press({ key: 'k', metaKey: true }, input);
    expect(j).not.toHaveBeenCalled();
    expect(k).toHaveBeenCalledTimes(2);
  });
  it('never fire while an input method composes', () => {
    const run = vi.fn();
    scope(() => useKeys({ keys: 'Enter', run, typing: true }));
    press({ key: 'Enter', isComposing: true });
    press({ key: 'Enter', keyCode: 229 });
    expect(run).not.toHaveBeenCalled();
    press({ key: 'Enter' });
    expect(run).toHaveBeenCalledOnce();
  });
  it('the newest wins; one that is not meant lets the older have it', () => {
    const older = vi.fn();
    const newer = vi.fn();
    let on = true;
    scope(() => useKeys({ keys: 'Escape', run: older }));
    scope(() => useKeys({ keys: 'Escape', run: newer, when: () => on }));
    press({ key: 'Escape' });
    on = false;
    press({ key: 'Escape' });
    expect(newer).toHaveBeenCalledOnce();
    expect(older).toHaveBeenCalledOnce();
  });
  it('understand a Chinese keyboard and Alt letters', () => {
    const slash = vi.fn();
    const alt = vi.fn();
    scope(() => useKeys({ keys: '/', run: slash }, { keys: 'Alt+N', run: alt }));
    press({ key: '、', code: 'Slash' });
    press({ key: 'ñ', code: 'KeyN', altKey: true });
    expect(slash).toHaveBeenCalledOnce();
    expect(alt).toHaveBeenCalledOnce();
  });
  it('are listed once, with their words', () => {
    scope(() => useKeys({ keys: 'j', says: () => '下一行', run: () => {} }, { keys: 'x', run: () => {} }));
    scope(() => useKeys({ keys: 'j', says: () => '下一条', run: () => {} }));
    expect(shortcutList().filter((s) => s.keys === 'j')).toEqual([{ group: '', keys: 'j', says: '下一条' }]);
  });
  it('have one spelling', () => {
    expect(canonical('Shift+Ctrl+K')).toBe('Ctrl+Shift+k');
    expect(canonical('?')).toBe('?');
  });
});
