// Edited pack files: what is sent to check and apply, and the words of the history.
export interface PackFile {
  pack: string;
  path: string;
  changed: boolean;
}
export interface Edit {
  pack: string;
  path: string;
  body: string;
  /** As it was read; null: a new file. */
  before: string | null;
}
export const keyOf = (f: { pack: string; path: string }): string => `${f.pack}/${f.path}`;

/** Only files that really differ; what was typed back to the original is no edit. */
export function changedFiles(edits: Record<string, Edit>): { pack: string; path: string; body: string }[] {
  return Object.values(edits)
    .filter((e) => e.before === null || e.body !== e.before)
    .map(({ pack, path, body }) => ({ pack, path, body }))
    .sort((a, b) => keyOf(a).localeCompare(keyOf(b)));
}
/** Files by pack and folder, for the tree. */
export function treeOf(files: PackFile[]): { pack: string; folders: { name: string; files: PackFile[] }[] }[] {
  const packs = new Map<string, Map<string, PackFile[]>>();
  for (const f of files) {
    const cut = f.path.lastIndexOf('/');
    const folder = cut < 0 ? '' : f.path.slice(0, cut);
    const of = packs.get(f.pack) ?? new Map<string, PackFile[]>();
    of.set(folder, [...(of.get(folder) ?? []), f]);
    packs.set(f.pack, of);
  }
  return [...packs].map(([pack, folders]) => ({ pack, folders: [...folders].map(([name, list]) => ({ name, files: list })) }));
}
/** The history's report is a JSON text of lines. */
export function reportLines(report: string | null): string[] {
  if (!report) return [];
  try {
    const v: unknown = JSON.parse(report);
    return Array.isArray(v) ? v.map(String) : [String(v)];
  } catch {
    return [report];
  }
}
