// A part of the console that was not fetched yet can't be had: the server is away, or it has newer pages by now.
import { onScopeDispose } from 'vue';
import type { Router } from 'vue-router';
import { ApiError } from '@/core/api';
import { words } from '@/core/i18n';
import { shell as catalogue } from '@/i18n/shell';
import { toast, toastError } from '@/ui/toast';

const t = words(catalogue);
const kept = 'sw.renewed';
/** As each browser says it. */
const isPart = (e: unknown): boolean => /dynamically imported module|module script failed|preload css/i.test(String(e));

async function answers(): Promise<boolean> {
  try {
    return (await fetch('/', { cache: 'no-store' })).ok;
  } catch {
    return false;
  }
}
function say(there: boolean): void {
  if (there) toast(t('renewed'), { tone: 'late', action: { label: t('reload'), run: () => location.reload() } });
  else toastError(new ApiError(0, 'offline', ''));
}

export function useRenewed(router: Router): void {
  let going = false;
  const stop = router.onError(async (e, to) => {
    if (!isPart(e)) return;
    going = true;
    const there = await answers();
    going = false;
    // Loaded anew at most once in a while: what is missing after that is not there.
    if (!there || Date.now() - Number(sessionStorage.getItem(kept)) < 20_000) return say(there);
    sessionStorage.setItem(kept, String(Date.now()));
    location.assign(to.fullPath);
  });
  /** A dialog, an editor; where a whole page was wanted the router knows. */
  const part = (): void =>
    void setTimeout(async () => {
      if (!going) say(await answers());
    }, 100);
  window.addEventListener('vite:preloadError', part);
  onScopeDispose(() => {
    stop();
    window.removeEventListener('vite:preloadError', part);
  });
}
