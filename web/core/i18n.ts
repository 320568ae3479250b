// Words in Chinese and English. Each area keeps a catalogue `key: [zh, en]` in i18n/ and makes its
// own `t` with words(); so a page carries only what it says.
import { ref, watchEffect } from 'vue';
import type { AnyLabel } from './types';

export type Lang = 'zh' | 'en';

function firstLang(): Lang {
  const kept = localStorage.getItem('sw.lang');
  return kept === 'en' ? 'en' : 'zh';
}

export const lang = ref<Lang>(firstLang());

watchEffect(() => {
  document.documentElement.lang = lang.value === 'zh' ? 'zh-CN' : 'en';
});

export function setLang(to: Lang): void {
  lang.value = to;
  localStorage.setItem('sw.lang', to);
}

export type Params = Record<string, string | number>;
export type Catalogue = Record<string, readonly [zh: string, en: string]>;

export function fill(text: string, params?: Params): string {
  return params ? text.replace(/\{(\w+)\}/g, (all, key: string) => String(params[key] ?? all)) : text;
}

export function words<T extends Catalogue>(table: T): (key: keyof T, params?: Params) => string {
  return (key, params) => {
    const pair = table[key];
    return pair ? fill(pair[lang.value === 'zh' ? 0 : 1], params) : String(key);
  };
}

/** A label of the model in the present language; Chinese when there is no English. */
export function label(l: AnyLabel): string {
  if (l === null || l === undefined) return '';
  if (typeof l === 'string') return l;
  return (lang.value === 'en' && l.en) || l.zh || l.en || '';
}
