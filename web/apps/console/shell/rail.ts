// The places of the rail below their headings, and which headings are folded: remembered on this computer.
import { reactive } from 'vue';
import { label } from '@/core/i18n';
import type { RailEntry, RailGroup } from '@/core/types';

export interface RailSection<P extends RailEntry = RailEntry> {
  /** Empty: on top, below no heading. */
  key: string;
  label: string;
  places: P[];
}
/** So few need no headings, and so few need not be folded. */
const few = 8;
const many = 20;

/** What has no group stands on top; groups come as declared, those that are last at the end. */
export function railSections<P extends RailEntry>(places: P[], groups: RailGroup[]): RailSection<P>[] {
  if (places.length <= few) return places.length ? [{ key: '', label: '', places }] : [];
  const known = (p: P): string => (groups.some((g) => g.name === p.group) ? p.group! : '');
  const order = [...groups.filter((g) => !g.last), ...groups.filter((g) => g.last)];
  return [{ name: '', label: '' }, ...order]
    .map((g) => ({ key: g.name, label: label(g.label) || g.name, places: places.filter((p) => known(p) === g.name) }))
    .filter((s) => s.places.length);
}
export const placeCount = (sections: RailSection[]): number => sections.reduce((n, s) => n + s.places.length, 0);

const store = 'sw.rail.open';
function kept(): Record<string, boolean> {
  try {
    const v: unknown = JSON.parse(localStorage.getItem(store) ?? '{}');
    return v && typeof v === 'object' && !Array.isArray(v) ? (v as Record<string, boolean>) : {};
  } catch {
    return {};
  }
}
export interface Folding {
  open: (key: string, sections: RailSection[]) => boolean;
  set: (key: string, open: boolean) => void;
}
/** Open unless there are many; then the first, what was opened by hand, and where one has been. */
export function folding(): Folding {
  const said = reactive(kept());
  return {
    open: (key, sections) => said[key] ?? (placeCount(sections) <= many || key === '' || key === sections.find((s) => s.key)?.key),
    set: (key, open) => {
      if (said[key] === open) return;
      said[key] = open;
      localStorage.setItem(store, JSON.stringify(said));
    },
  };
}
