import type { RouteRecordRaw } from 'vue-router';

export default [{ path: 'board', name: 'board', component: () => import('./BoardPage.vue') }] satisfies RouteRecordRaw[];
