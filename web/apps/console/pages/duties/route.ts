import type { RouteRecordRaw } from 'vue-router';

export default [{ path: 'duties', name: 'duties', component: () => import('./DutiesPage.vue') }] satisfies RouteRecordRaw[];
