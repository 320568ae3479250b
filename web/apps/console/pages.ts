// All pages below /o/ORG. Loaded with the shell, so that the sign-in page need not carry their names.
import type { RouteRecordRaw } from 'vue-router';

const found = import.meta.glob<{ default: RouteRecordRaw[] }>('./pages/*/route.ts', { eager: true });
export const pages: RouteRecordRaw[] = Object.values(found).flatMap((m) => m.default);
