// From an error to what a person reads: what happened, what was kept, what to do.
import { errors } from '@/i18n/errors';
import { ApiError } from './api';
import { lang, words } from './i18n';
import type { Problem } from './types';

const t = words(errors);

/** Details are for the most part English: of those Chinese readers get the numbers and what is quoted. */
function detailWords(detail: string): string {
  if (lang.value !== 'zh' || /[\u4e00-\u9fff]/.test(detail) || !/[A-Za-z]{2,} [A-Za-z]/.test(detail)) return detail;
  const most = /^at most (\d+) characters/.exec(detail);
  if (most) return t('most', { n: most[1]! });
  const span = /from (\S+) to (\S+)$/.exec(detail);
  if (span) return t('between', { from: span[1]!, to: span[2]! });
  return [...detail.matchAll(/[`'"“‘]([^`'"”’]+)[`'"”’]/g)].map((m) => m[1]).join('、');
}
export function problemWords(problem: Problem): string {
  const p = { ...problem, detail: problem.detail && detailWords(problem.detail) };
  const key = `p_${p.code}` as keyof typeof errors;
  const said = key in errors ? t(key) : p.detail ? '' : t('p_other', { code: p.code });
  if (p.detail && said && p.detail !== said) return said.length > 6 && p.detail.includes(said) ? p.detail : `${said}：${p.detail}`;
  return said || p.detail || '';
}

/** One sentence for a toast or a page. A message of the server is the most exact, so it leads. */
export function errorWords(e: unknown): string {
  if (e instanceof ApiError) {
    const own = e.code in errors ? t(e.code as keyof typeof errors) : t('internal');
    if (e.message && (e.code === 'conflict' || e.code === 'invalid' || e.code === 'forbidden')) return e.message;
    return own;
  }
  return t('internal');
}

/** Problems by field name; those without a field under ''. */
export function problemsByField(e: unknown): Record<string, string> {
  const by: Record<string, string> = {};
  if (e instanceof ApiError)
    for (const p of e.problems) {
      const at = p.field ?? '';
      by[at] ??= problemWords(p);
    }
  return by;
}

export { isAbort, isCode } from './api';
