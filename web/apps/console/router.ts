// Pages add themselves: every pages/NAME/route.ts gives its routes, each with a lazy component. All
// but the login lie under /o/ORG, so that two organisations can be open in two tabs; they are known
// once one of them is asked for.
import { createRouter, createWebHistory, type RouteLocationRaw } from 'vue-router';
import { isCode, setOrg, whenSignedOut } from '@/core/api';
import { lastOrg } from '@/core/auth';
import { useModel } from '@/stores/model';
import { useSession } from '@/stores/session';

const shell = () => import('./shell/Shell.vue');

export const router = createRouter({
  history: createWebHistory('/'),
  routes: [
    { path: '/login', name: 'login', component: () => import('./pages/login/LoginPage.vue') },
    { path: '/o/:org/:rest(.*)*', name: 'inside', component: shell },
    { path: '/:rest(.*)*', redirect: () => (lastOrg() ? `/o/${lastOrg()}` : '/login') },
  ],
});

/** The pages take the place of what stood for them all. */
async function knowPages(): Promise<void> {
  void shell().catch(() => undefined);
  const { pages } = await import('./pages');
  if (!router.hasRoute('inside')) return;
  router.removeRoute('inside');
  router.addRoute({ path: '/o/:org', component: shell, children: pages });
}
const login = (org: string, next: string): RouteLocationRaw => ({ name: 'login', query: { org: org || undefined, next } });

router.beforeEach(async (to) => {
  const org = typeof to.params.org === 'string' ? to.params.org : '';
  if (!org) return true;
  setOrg(org);
  const session = useSession();
  const model = useModel();
  const known = to.name === 'inside' ? knowPages() : null;
  known?.catch(() => undefined);
  try {
    if (session.org?.code !== org) {
      await session.load(org);
      model.clear();
    }
    // Who must change his password first may ask for nothing else; the shell goes on when he has.
    if (!model.model && !session.user?.must_change) await model.load(org);
    await known;
    return known ? { path: to.path, query: to.query, hash: to.hash, replace: true } : true;
  } catch (e) {
    if (isCode(e, 'sign_in')) return login(org, to.fullPath);
    return { name: 'login', query: { org, next: to.fullPath, fault: '1' } };
  }
});

let leaving = false;
whenSignedOut(() => {
  const at = router.currentRoute.value;
  if (at.name === 'login' || leaving) return;
  leaving = true;
  useSession().set(null);
  void router.push(login(String(at.params.org ?? ''), at.fullPath)).finally(() => (leaving = false));
});
