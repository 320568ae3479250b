import { describe, expect, it } from 'vitest';
import { changedFiles, reportLines, treeOf } from '@/apps/console/pages/settings/packs';

describe('pack files', () => {
  it('are sent only where they differ', () => {
    expect(
      changedFiles({
        b: { pack: 'core', path: 'types/team.yaml', body: 'x', before: 'y' },
        a: { pack: 'core', path: 'pack.yaml', body: 'same', before: 'same' },
        c: { pack: 'core', path: 'new.yaml', body: '', before: null },
      }),
    ).toEqual([{ pack: 'core', path: 'new.yaml', body: '' }, { pack: 'core', path: 'types/team.yaml', body: 'x' }]);
  });
  it('make a tree of packs and folders', () => {
    const f = (pack: string, path: string) => ({ pack, path, changed: false });
    const tree = treeOf([f('core', 'pack.yaml'), f('core', 'types/a.yaml'), f('core', 'types/b.yaml'), f('desk', 'pack.yaml')]);
    expect(tree.map((p) => [p.pack, p.folders.map((d) => [d.name, d.files.length])])).toEqual([['core', [['', 1], ['types', 2]]], ['desk', [['', 1]]]]);
  });
  it('have a history that may be any text', () => {
    expect(reportLines('["add table a","add column b"]')).toEqual(['add table a', 'add column b']);
    expect(reportLines('plain')).toEqual(['plain']);
    expect(reportLines(null)).toEqual([]);
  });
});
