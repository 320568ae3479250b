import type { RouteRecordRaw } from 'vue-router';

export default [{ path: 'intake', name: 'intake', component: () => import('./IntakePage.vue') }] satisfies RouteRecordRaw[];
