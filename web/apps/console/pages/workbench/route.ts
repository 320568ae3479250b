import type { RouteRecordRaw } from 'vue-router';

export default [{ path: 'workbench', name: 'workbench', component: () => import('./WorkPage.vue') }] satisfies RouteRecordRaw[];
