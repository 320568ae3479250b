// From an error to what a person reads: what happened, what was kept, what to do.
import { errors } from '@/i18n/errors';
import { ApiError } from './api';
import { words } from './i18n';

const t = words(errors);

/** One sentence for a toast or a page. A message of the server is the most exact, so it leads. */
export function errorWords(e: unknown): string {
  if (e instanceof ApiError) {
    const own = e.code in errors ? t(e.code as keyof typeof errors) : t('internal');
    if (e.message && (e.code === 'conflict' || e.code === 'invalid' || e.code === 'forbidden')) return e.message;
    return own;
  }
  return t('internal');
}

export { isAbort, isCode } from './api';
