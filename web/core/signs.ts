// Signs between words as each language sets them.
import { lang } from './i18n';

export const colon = (): string => (lang.value === 'zh' ? '：' : ': ');
export const comma = (): string => (lang.value === 'zh' ? '、' : ', ');
export const inBrackets = (text: string | null | undefined): string => (lang.value === 'zh' ? `（${text ?? ''}）` : ` (${text ?? ''})`);
