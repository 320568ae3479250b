import type { RouteRecordRaw } from 'vue-router';

export default [
  { path: 'r/:type/:id', name: 'record', component: () => import('./RecordPage.vue') },
  { path: 'new/:type', name: 'new', component: () => import('./NewPage.vue') },
] satisfies RouteRecordRaw[];
