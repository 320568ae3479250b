// Whether the page was left, or is about to be: who went on isn't called back by an answer that comes late.
import { onScopeDispose } from 'vue';
import { onBeforeRouteLeave, useRouter } from 'vue-router';

export function useLeft(): () => boolean {
  let leaving = false;
  onBeforeRouteLeave(() => {
    leaving = true;
  });
  const stop = useRouter().afterEach((_to, _from, failure) => {
    if (failure) leaving = false;
  });
  onScopeDispose(() => {
    leaving = true;
    stop();
  });
  return () => leaving;
}
