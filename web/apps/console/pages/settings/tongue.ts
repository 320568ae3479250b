import { lang } from '@/core/i18n';

/** What the server keeps in both languages (没有收件地址 / there is no address), in the present one. */
export function inTongue(text: string | null): string {
  const m = /^(.*[\u4e00-\u9fff].*?) \/ ([^\u4e00-\u9fff]+)$/.exec(text ?? '');
  if (!m) return text ?? '';
  return lang.value === 'zh' ? `${m[1]!}${/ \([a-z_.]+\)$/.exec(m[2]!)?.[0] ?? ''}` : m[2]!;
}
