import type { RouteRecordRaw } from 'vue-router';

export default [{ path: 'notices/:part?', name: 'notices', component: () => import('./NoticesPage.vue') }] satisfies RouteRecordRaw[];
