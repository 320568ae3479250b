// What a template's braces stand for, with an example of each, for the preview.
export const known = ['number', 'title', 'type', 'state', 'due', 'owner', 'customer', 'company', 'link', 'text'] as const;
const samples: Record<'zh' | 'en', Record<string, string>> = {
  zh: { number: 'GD202611230012', title: '空调不制冷', type: '工单', state: '处理中', due: '今天 17:00', owner: '李文', customer: '张先生', company: '演示公司', link: 'https://kefu.example.com/o/demo/r/ticket/12', text: '快到时限' },
  en: { number: 'GD202611230012', title: 'Air conditioner does not cool', type: 'Ticket', state: 'In hand', due: 'today 17:00', owner: 'Li Wen', customer: 'Mr Zhang', company: 'Demo', link: 'https://kefu.example.com/o/demo/r/ticket/12', text: 'nearly due' },
};
const put = /\{(field:)?([A-Za-z0-9_]+)\}/g;

export function fillTemplate(text: string, lang: 'zh' | 'en', own: Record<string, string> = {}, labelOf: (name: string) => string = (name) => name): string {
  return text.replace(put, (all, field: string | undefined, name: string) => (field ? `〔${labelOf(name)}〕` : own[name] || samples[lang][name] || all));
}
export function unknownIn(text: string): string[] {
  const out = new Set<string>();
  for (const m of text.matchAll(/\{([^{}\n]{0,60})\}/g)) if (!/^field:[a-z][a-z0-9_]*$/.test(m[1]!) && !(known as readonly string[]).includes(m[1]!)) out.add(`{${m[1]!}}`);
  return [...out];
}
