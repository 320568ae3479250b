// Text from outside is only ever shown as text nodes: textParts cuts it into plain pieces and the
// few that may become links. There is no HTML to clean, because none is ever rendered.

export interface TextPart {
  text: string;
  href?: string;
}

const url = /https?:\/\/[^\s<>"'，。；！？、（）《》【】]+/g;

/** The address if it is one a browser may open safely; null for javascript:, data: and the like. */
export function safeUrl(text: string): string | null {
  try {
    const u = new URL(text);
    return u.protocol === 'https:' || u.protocol === 'http:' || u.protocol === 'mailto:' || u.protocol === 'tel:' ? u.href : null;
  } catch {
    return null;
  }
}

export function textParts(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let at = 0;
  for (const m of text.matchAll(url)) {
    const raw = m[0].replace(/[.,;:!?)\]]+$/, '');
    const href = safeUrl(raw);
    if (!href) continue;
    if (m.index > at) parts.push({ text: text.slice(at, m.index) });
    parts.push({ text: raw, href });
    at = m.index + raw.length;
  }
  if (at < text.length) parts.push({ text: text.slice(at) });
  return parts;
}

/** Control and direction-changing characters can make a file name or a title lie. */
export function plain(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, '');
}
