// What Ctrl-K runs besides finding records. The shell adds the places; a page adds its own for as
// long as it is open.
import { onScopeDispose, shallowReactive } from 'vue';

export interface Command {
  key: string;
  label: string;
  icon?: string;
  hint?: string;
  run: () => void;
}

const sources = shallowReactive<(() => Command[])[]>([]);

export function useCommands(source: () => Command[]): void {
  sources.push(source);
  onScopeDispose(() => {
    const at = sources.indexOf(source);
    if (at >= 0) sources.splice(at, 1);
  }, true);
}
export const allCommands = (): Command[] => [...sources].reverse().flatMap((s) => s());
