import type { RouteRecordRaw } from 'vue-router';

export default [
  { path: '', name: 'home', component: () => import('./HomePage.vue') },
  { path: ':rest(.*)*', name: 'lost', component: () => import('./LostPage.vue') },
] satisfies RouteRecordRaw[];
