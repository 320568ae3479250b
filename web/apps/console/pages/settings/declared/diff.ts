// What changed between two texts, line by line.
export interface DiffLine {
  kind: 'same' | 'add' | 'del' | 'gap';
  text: string;
  a?: number;
  b?: number;
}

/** The longest common lines; long equal beginnings and ends are cut off first. */
export function diffLines(before: string, after: string, context = 3): DiffLine[] {
  const a = before === '' ? [] : before.replace(/\n$/, '').split('\n');
  const b = after === '' ? [] : after.replace(/\n$/, '').split('\n');
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const x = a.slice(head, a.length - tail);
  const y = b.slice(head, b.length - tail);
  const out: DiffLine[] = a.slice(0, head).map((text, i) => ({ kind: 'same', text, a: i + 1, b: i + 1 }));
  if (x.length * y.length > 4_000_000) {
    x.forEach((text, i) => out.push({ kind: 'del', text, a: head + i + 1 }));
    y.forEach((text, i) => out.push({ kind: 'add', text, b: head + i + 1 }));
  } else out.push(...middle(x, y, head));
  for (let i = 0; i < tail; i++) out.push({ kind: 'same', text: a[a.length - tail + i]!, a: a.length - tail + i + 1, b: b.length - tail + i + 1 });
  return folded(out, context);
}
function middle(x: string[], y: string[], head: number): DiffLine[] {
  const w = y.length + 1;
  const n = new Uint32Array((x.length + 1) * w);
  for (let i = x.length - 1; i >= 0; i--)
    for (let j = y.length - 1; j >= 0; j--) n[i * w + j] = x[i] === y[j] ? n[(i + 1) * w + j + 1]! + 1 : Math.max(n[(i + 1) * w + j]!, n[i * w + j + 1]!);
  const out: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < x.length || j < y.length) {
    if (i < x.length && j < y.length && x[i] === y[j]) out.push({ kind: 'same', text: x[i]!, a: head + ++i, b: head + ++j });
    else if (j >= y.length || (i < x.length && n[(i + 1) * w + j]! >= n[i * w + j + 1]!)) out.push({ kind: 'del', text: x[i]!, a: head + ++i });
    else out.push({ kind: 'add', text: y[j]!, b: head + ++j });
  }
  return out;
}
function folded(lines: DiffLine[], context: number): DiffLine[] {
  const near = lines.map((_, i) => lines.slice(Math.max(0, i - context), i + context + 1).some((l) => l.kind !== 'same'));
  const out: DiffLine[] = [];
  lines.forEach((l, i) => {
    if (near[i]) out.push(l);
    else if (out[out.length - 1]?.kind !== 'gap' && near.some(Boolean)) out.push({ kind: 'gap', text: '' });
  });
  return out;
}
export const changedLines = (d: DiffLine[]): { add: number; del: number } => ({ add: d.filter((l) => l.kind === 'add').length, del: d.filter((l) => l.kind === 'del').length });
