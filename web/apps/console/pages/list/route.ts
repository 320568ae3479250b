import type { RouteRecordRaw } from 'vue-router';

export default [{ path: 'list/:type', name: 'list', component: () => import('./ListPage.vue') }] satisfies RouteRecordRaw[];
