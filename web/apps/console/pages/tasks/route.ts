import type { RouteRecordRaw } from 'vue-router';

export default [{ path: 'tasks', name: 'tasks', component: () => import('./TasksPage.vue') }] satisfies RouteRecordRaw[];
