import type { RouteRecordRaw } from 'vue-router';

export default [{ path: 'call/:id?', name: 'call', component: () => import('./CallPage.vue') }] satisfies RouteRecordRaw[];
