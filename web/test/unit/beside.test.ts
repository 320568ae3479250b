// What stands beside a form: the filter that finds it, and when nothing may be shown.
import { describe, expect, it } from 'vitest';
import { asideWhere, literal } from '../../schema/asides';
import { helpValues, newDraft, newMatter } from '../../apps/console/pages/intake/draft';
import type { AsideDef, Field, Type } from '../../core/types';

const field = (name: string, kind: Field['kind'], more: Partial<Field> = {}): Field => ({ name, label: name, kind, ...more });
const playbook = { name: 'playbook', fields: { kind: field('kind', 'choice'), person_type: field('person_type', 'choice'), object: field('object', 'text') } } as unknown as Type;
const aside = (more: Partial<AsideDef>): AsideDef => ({ label: '', of: 'playbook', match: {}, fields: [], where: null, ...more });

describe('asides', () => {
  it('joins its own condition with what is filled in', () => {
    const a = aside({ match: { person_type: 'person_type' }, where: 'kind = complainant' });
    expect(asideWhere(a, playbook, () => 'angry')).toBe('(kind = complainant) and person_type = angry');
  });
  it('shows nothing where that is empty', () => {
    expect(asideWhere(aside({ match: { person_type: 'person_type' } }), playbook, () => null)).toBeNull();
    expect(asideWhere(aside({ match: { person_type: 'person_type' } }), playbook, () => [])).toBeNull();
    expect(asideWhere(aside({}), playbook, () => null)).toBe('');
  });
  it('quotes texts and takes links by their id', () => {
    expect(asideWhere(aside({ match: { object: 'object' } }), playbook, () => "it's “b”")).toBe("object = 'it''s “b”'");
    expect(asideWhere(aside({ match: { id: 'standard' } }), playbook, () => ({ id: '17', label: 'x' }))).toBe('id = 17');
    expect(literal(field('f', 'flag'), true)).toBe('true');
  });
  it('finds any of several', () => {
    expect(asideWhere(aside({ match: { kind: 'remedy' } }), playbook, () => ['swap', 'taboo'])).toBe('kind in (swap, taboo)');
  });
});
describe('what is known of a record that is being taken down', () => {
  it('is what the matter says, never over what was filled in', () => {
    const type = { name: 'complaint', fields: { content: field('content', 'long_text'), object: field('object', 'text'), class: field('class', 'choice'), stage: field('stage', 'choice') }, states: [{ name: 'to_judge', label: '', stage: 'open' }] } as unknown as Type;
    const m = { ...newMatter(), content: ' 沙发划破。还不承认 ', category: 'product', fields: { object: '司机' } };
    expect(helpValues(type, m, newDraft())).toEqual({ content: '沙发划破。还不承认', object: '司机', class: 'product', stage: 'open' });
  });
});
