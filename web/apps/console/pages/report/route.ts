import type { RouteRecordRaw } from 'vue-router';

export default [{ path: 'report/:name?', name: 'report', component: () => import('./ReportPage.vue') }] satisfies RouteRecordRaw[];
