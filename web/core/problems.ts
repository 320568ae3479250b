// From the problems of a refused request to what stands beside the fields.
import { problems } from '@/i18n/problems';
import { ApiError } from './api';
import { errorWords } from './errors';
import { lang, words } from './i18n';
import type { Problem } from './types';

const t = words(problems);

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
  const key = `p_${p.code}` as keyof typeof problems;
  const said = key in problems ? t(key) : p.detail ? '' : t('p_other', { code: p.code });
  if (p.detail && said && p.detail !== said) return said.length > 6 && p.detail.includes(said) ? p.detail : `${said}：${p.detail}`;
  return said || p.detail || '';
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

/** What is wrong, in the server's own words where it says more than its code does. */
export function allProblems(e: unknown): string {
  const said = [...new Set(Object.values(problemsByField(e)))].filter(Boolean);
  return said.length ? said.join(' ') : errorWords(e);
}
