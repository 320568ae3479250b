// Records that stand below one another (`parent`), as the lines of a tree.
import { refOf } from '@/schema/values';
import type { Row, Type } from '@/core/types';

export interface Node {
  row: Row;
  depth: number;
  below: Node[];
  path: string[];
}
/** A type whose records have one above them: the link `parent` to itself. */
export const isTree = (t: Type | undefined): boolean => t?.fields.parent?.kind === 'link' && t.fields.parent.to === t.name;

/** In the order of the rows; what stands below something that is not among them stands on top. */
export function treeOf(rows: Row[], nameOf: (r: Row) => string): Node[] {
  const have = new Map(rows.map((r) => [r.id, r]));
  const below = new Map<string, Row[]>();
  for (const r of rows) {
    const up = refOf(r.fields.parent)?.id ?? '';
    const at = up !== r.id && have.has(up) ? up : '';
    below.set(at, [...(below.get(at) ?? []), r]);
  }
  const seen = new Set<string>();
  const grow = (id: string, depth: number, path: string[]): Node[] =>
    (below.get(id) ?? []).filter((r) => !seen.has(r.id)).map((row) => {
      seen.add(row.id);
      const here = [...path, nameOf(row)];
      return { row, depth, path: here, below: grow(row.id, depth + 1, here) };
    });
  const out = grow('', 0, []);
  // A circle has no top: its records are shown all the same.
  for (const r of rows) if (!seen.has(r.id)) out.push(...(seen.add(r.id), [{ row: r, depth: 0, path: [nameOf(r)], below: [] }]));
  return out;
}
/** The lines that show: what is folded hides what is below it. While one looks for something: what fits, and the way to it. */
export function linesOf(nodes: Node[], isOpen: (id: string) => boolean, text: string): Node[] {
  const q = text.trim().toLowerCase();
  const out: Node[] = [];
  const walk = (list: Node[], whole: boolean): boolean => {
    let any = false;
    for (const n of list) {
      const hit = whole || !q || n.path.at(-1)!.toLowerCase().includes(q) || String(n.row.fields.code ?? n.row.fields.number ?? '').toLowerCase().includes(q);
      const at = out.length;
      out.push(n);
      const deep = q || isOpen(n.row.id) ? walk(n.below, hit && Boolean(q)) : false;
      if (hit || deep) any = true;
      else out.length = at;
    }
    return any;
  };
  walk(nodes, false);
  return out;
}
