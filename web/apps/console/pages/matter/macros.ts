// Replies that are ready, found by what is typed of their name, group or words.
export interface MacroStep {
  act: 'set' | 'ask' | 'do' | 'comment';
  target: string | null;
  value: string | null;
  internal: boolean;
}
export interface Macro {
  id: string;
  name: string;
  group: string | null;
  of_type: string | null;
  reply: string | null;
  steps: MacroStep[];
  many: boolean;
}
/** Every word typed occurs somewhere; those whose name has it come first. */
export function found(all: Macro[], q: string): Macro[] {
  const wanted = q.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const holds = (text: string | null, w: string): boolean => (text ?? '').toLowerCase().includes(w);
  const hits = all.filter((m) => wanted.every((w) => holds(m.name, w) || holds(m.group, w) || holds(m.reply, w)));
  const byName = (m: Macro): number => (wanted.every((w) => holds(m.name, w)) ? 0 : 1);
  return hits.map((m, i) => ({ m, i })).sort((a, b) => byName(a.m) - byName(b.m) || a.i - b.i).map((x) => x.m);
}
