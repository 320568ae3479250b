// Where a rail entry leads. A pack names the page; unknown pages lead to the workbench.
import type { RouteLocationRaw } from 'vue-router';
import type { RailEntry } from '@/core/types';

export function placeOf(org: string, r: RailEntry): RouteLocationRaw {
  const pages: Record<string, string> = {
    workbench: 'workbench', intake: 'intake', tasks: 'tasks', report: 'report', settings: 'settings', search: 'search', board: 'board', duties: 'duties', approvals: 'approvals', queues: 'queues',
  };
  return r.page === 'list' && r.type ? `/o/${org}/list/${r.type}` : `/o/${org}/${pages[r.page] ?? 'workbench'}`;
}
export const recordPath = (org: string, type: string, id: string): string => `/o/${org}/r/${type}/${id}`;
