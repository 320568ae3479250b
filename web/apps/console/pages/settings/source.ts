// Where a parameter's number comes from, as packs write it (N02, S57.1, C01, practice 3), in words.
import { lang, words } from '@/core/i18n';
import { settings } from '@/i18n/settings';

const t = words(settings);

function one(id: string): string {
  const m = /^([NSC])0*(\d+)(?:\.(\d+))?$/.exec(id);
  if (!m) return id;
  const n = m[2]!;
  if (m[1] === 'N') return t('source_number', { n: id });
  if (m[1] === 'C') return t('source_capability', { n: id });
  return m[3] ? t('source_clause', { n, k: m[3] }) : t('source_section', { n });
}
/** What is written in words of its own stays as it is. */
export function sourceWords(source: string | null | undefined): string {
  if (!source) return '';
  const parts = source.split(/[/,，;]\s*|\s+(?=[NSC]\d)/).map((p) => p.trim()).filter(Boolean);
  return parts
    .map((p) => {
      const practice = /^practice (\d+)$/.exec(p);
      return practice ? t('source_practice', { n: practice[1]! }) : one(p);
    })
    .join(lang.value === 'zh' ? '，' : ', ');
}
