// Names of the records a filter speaks of by id, learned when they were picked.
import type { InjectionKey } from 'vue';

export const refNames: InjectionKey<Map<string, string>> = Symbol('refNames');
