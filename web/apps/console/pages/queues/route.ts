import type { RouteRecordRaw } from 'vue-router';

export default [{ path: 'queues/:part(skills)?', name: 'queues', component: () => import('./QueuesPage.vue') }] satisfies RouteRecordRaw[];
