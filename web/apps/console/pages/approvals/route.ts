import type { RouteRecordRaw } from 'vue-router';

export default [{ path: 'approvals/:part?', name: 'approvals', component: () => import('./ApprovalsPage.vue') }] satisfies RouteRecordRaw[];
