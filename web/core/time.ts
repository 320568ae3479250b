// Times as people say them, in the organisation's zone (not the browser's); exact on hover.
import { computed, ref } from 'vue';
import { lang } from './i18n';

let zone = 'Asia/Shanghai';
let offset = 0; // server minus browser, so that a wrong clock on a desk never says 超时

/** Ticks so that words such as 还有 12 分钟 stay true. */
export const now = ref(Date.now());
/** The server's time to the second, for what is over in seconds. */
export const serverNow = (): number => Date.now() + offset;
let timer: ReturnType<typeof setInterval> | undefined;

export function startClock(serverNow: string, orgZone: string): void {
  if (orgZone) zone = orgZone;
  const t = Date.parse(serverNow);
  offset = Number.isFinite(t) ? t - Date.now() : 0;
  if (Math.abs(offset) < 2000) offset = 0;
  now.value = Date.now() + offset;
  clearInterval(timer);
  timer = setInterval(() => (now.value = Date.now() + offset), 15_000);
}

export interface Parts {
  y: number;
  mo: number;
  d: number;
  h: number;
  mi: number;
  s: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();
function format(z: string): Intl.DateTimeFormat {
  let f = formats.get(z);
  if (!f) {
    f = new Intl.DateTimeFormat('en-US', {
      timeZone: z, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
    });
    formats.set(z, f);
  }
  return f;
}

export function partsOf(ms: number, z = zone): Parts {
  const p: Record<string, number> = {};
  for (const { type, value } of format(z).formatToParts(ms)) p[type] = Number(value);
  return { y: p.year!, mo: p.month!, d: p.day!, h: p.hour!, mi: p.minute!, s: p.second! };
}

/** The instant of a wall time in the organisation's zone. */
export function instantOf(p: Omit<Parts, 's'> & { s?: number }, z = zone): number {
  const wall = Date.UTC(p.y, p.mo - 1, p.d, p.h, p.mi, p.s ?? 0);
  let t = wall;
  for (let i = 0; i < 3; i++) {
    const q = partsOf(t, z);
    const off = Date.UTC(q.y, q.mo - 1, q.d, q.h, q.mi, q.s) - t;
    if (wall - off === t) break;
    t = wall - off;
  }
  return t;
}

const two = (n: number): string => String(n).padStart(2, '0');
const dayNumber = (p: Parts): number => Math.round(Date.UTC(p.y, p.mo - 1, p.d) / 86_400_000);
const weekday = (p: Parts): number => new Date(Date.UTC(p.y, p.mo - 1, p.d)).getUTCDay();

const zhDays = ['周日', '周一', '周二', '周三', '周四', '周五', '周六'];
const enDays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const enMonths = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Monday-based number of the week, to know whether a day is in this week. */
const weekOf = (p: Parts): number => Math.floor((dayNumber(p) + 3) / 7);

function dayWords(p: Parts, today: Parts): string {
  const zh = lang.value === 'zh';
  const away = dayNumber(p) - dayNumber(today);
  if (away >= -2 && away <= 2) {
    if (zh) return ['前天', '昨天', '今天', '明天', '后天'][away + 2]!;
    if (away >= -1 && away <= 1) return ['Yesterday', 'Today', 'Tomorrow'][away + 1]!;
  }
  if (weekOf(p) === weekOf(today)) return (zh ? zhDays : enDays)[weekday(p)]!;
  if (weekOf(p) === weekOf(today) + 1 && zh) return '下' + zhDays[weekday(p)]!;
  if (zh) return p.y === today.y ? `${p.mo}月${p.d}日` : `${p.y}年${p.mo}月${p.d}日`;
  return p.y === today.y ? `${enMonths[p.mo - 1]} ${p.d}` : `${enMonths[p.mo - 1]} ${p.d}, ${p.y}`;
}

const ms = (at: string | number): number => (typeof at === 'number' ? at : Date.parse(at));

/** 今天 15:30, 昨天 09:12, 周三 14:00, 11月3日 16:00 */
export function sayTime(at: string | number | null | undefined, from = now.value): string {
  if (at === null || at === undefined || at === '') return '';
  const t = ms(at);
  if (!Number.isFinite(t)) return String(at);
  const p = partsOf(t);
  return `${dayWords(p, partsOf(from))} ${two(p.h)}:${two(p.mi)}`;
}

/** 今天, 周三, 11月3日: for dates without a time */
export function sayDate(date: string | null | undefined, from = now.value): string {
  const m = /^(\d{4})-(\d{2})-(\d{2})/.exec(date ?? '');
  if (!m) return date ?? '';
  return dayWords({ y: +m[1]!, mo: +m[2]!, d: +m[3]!, h: 0, mi: 0, s: 0 }, partsOf(from));
}

/** 2026-11-22 15:30:05 周日, for titles */
export function exactTime(at: string | number | null | undefined): string {
  if (at === null || at === undefined || at === '') return '';
  const t = ms(at);
  if (!Number.isFinite(t)) return String(at);
  const p = partsOf(t);
  return `${p.y}-${two(p.mo)}-${two(p.d)} ${two(p.h)}:${two(p.mi)}:${two(p.s)} ${(lang.value === 'zh' ? zhDays : enDays)[weekday(p)]}`;
}

/** 12 分钟, 2 小时, 1 小时 20 分, 3 天 */
export function saySpan(span: number): string {
  const zh = lang.value === 'zh';
  const min = Math.floor(Math.abs(span) / 60_000);
  if (min < 1) return zh ? '不到 1 分钟' : 'under a minute';
  if (min < 60) return zh ? `${min} 分钟` : `${min} min`;
  const h = Math.floor(min / 60);
  if (h < 24) {
    const m = min % 60;
    if (m === 0 || h >= 6) return zh ? `${h} 小时` : `${h} h`;
    return zh ? `${h} 小时 ${m} 分` : `${h} h ${m} min`;
  }
  const d = Math.floor(h / 24);
  return zh ? `${d} 天` : `${d} d`;
}

export type DueTone = 'late' | 'soon' | 'calm';
export interface Due {
  tone: DueTone;
  text: string;
}

const soonMs = 2 * 3600_000;

/** 超时 2 小时, 还有 12 分钟, 明天 10:00 前 */
export function sayDue(at: string | number | null | undefined, from = now.value): Due | null {
  if (at === null || at === undefined || at === '') return null;
  const t = ms(at);
  if (!Number.isFinite(t)) return null;
  const left = t - from;
  const zh = lang.value === 'zh';
  if (left < 0) return { tone: 'late', text: zh ? `超时 ${saySpan(left)}` : `${saySpan(left)} late` };
  if (left < soonMs) return { tone: 'soon', text: zh ? `还有 ${saySpan(left)}` : `${saySpan(left)} left` };
  if (left < 6 * 3600_000) return { tone: 'calm', text: zh ? `还有 ${saySpan(left)}` : `${saySpan(left)} left` };
  return { tone: 'calm', text: zh ? `${sayTime(t, from)} 前` : `by ${sayTime(t, from)}` };
}

/** 刚刚, 5 分钟前, 2 小时前, then the time itself */
export function sayAgo(at: string | number | null | undefined, from = now.value): string {
  if (at === null || at === undefined || at === '') return '';
  const t = ms(at);
  const past = from - t;
  const zh = lang.value === 'zh';
  if (past >= -60_000 && past < 60_000) return zh ? '刚刚' : 'just now';
  if (past > 0 && past < 3600_000) return zh ? `${saySpan(past)}前` : `${saySpan(past)} ago`;
  return sayTime(t, from);
}

/** ISO instant ⇄ the text of an <input type="datetime-local"> in the organisation's zone. */
export function toLocalInput(at: string | number | null | undefined): string {
  if (at === null || at === undefined || at === '') return '';
  const p = partsOf(ms(at));
  return `${p.y}-${two(p.mo)}-${two(p.d)}T${two(p.h)}:${two(p.mi)}`;
}
export function fromLocalInput(text: string): string | null {
  const m = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})/.exec(text);
  if (!m) return null;
  return new Date(instantOf({ y: +m[1]!, mo: +m[2]!, d: +m[3]!, h: +m[4]!, mi: +m[5]! })).toISOString();
}

const zhNumber: Record<string, number> = { 一: 1, 二: 2, 两: 2, 三: 3, 四: 4, 五: 5, 六: 6, 七: 7, 八: 8, 九: 9, 十: 10, 半: 0.5 };

/** Understands what people type: 明天下午2点, 17:00, 3天后, 11-25 9:30, 周五 10点. Null: not understood. */
export function readTime(text: string, from = now.value): string | null {
  let s = text.trim().replace(/：/g, ':').replace(/\s+/g, ' ');
  if (!s) return null;
  const today = partsOf(from);
  if (/^(现在|刚才|刚刚|now)$/i.test(s)) return new Date(Math.floor(from / 60e3) * 60e3).toISOString();

  const after = /^(\d+(?:\.\d+)?|[一二两三四五六七八九十半])\s*(个?半?)\s*(分钟|分|小时|钟头|天|日|周|星期|min|h|d|w)\s*(后|之后|later|前|之前|ago)?$/i.exec(s);
  if (after) {
    const unit: Record<string, number> = { 分钟: 60e3, 分: 60e3, min: 60e3, 小时: 3600e3, 钟头: 3600e3, h: 3600e3, 天: 864e5, 日: 864e5, d: 864e5, 周: 6048e5, 星期: 6048e5, w: 6048e5 };
    const n = (zhNumber[after[1]!] ?? Number(after[1])) + (after[2]?.includes('半') ? 0.5 : 0);
    const way = /前|ago/i.test(after[4] ?? '') ? -1 : 1;
    return new Date(Math.round((from + way * n * unit[after[3]!.toLowerCase()]!) / 60e3) * 60e3).toISOString();
  }

  let day: { y: number; mo: number; d: number } | null = null;
  const shift = (n: number): void => {
    const p = new Date(Date.UTC(today.y, today.mo - 1, today.d + n));
    day = { y: p.getUTCFullYear(), mo: p.getUTCMonth() + 1, d: p.getUTCDate() };
  };
  const take = (re: RegExp): RegExpExecArray | null => {
    const m = re.exec(s);
    if (m) s = (s.slice(0, m.index) + ' ' + s.slice(m.index + m[0].length)).trim();
    return m;
  };

  let m: RegExpExecArray | null;
  if (take(/大后天/)) shift(3);
  else if (take(/后天/)) shift(2);
  else if (take(/明[天日早晚]?|tomorrow/i)) shift(1);
  else if (take(/今[天日早晚]?|today/i)) shift(0);
  else if ((m = take(/(下?)(?:周|星期|礼拜)([一二三四五六日天])/))) {
    const want = '一二三四五六日'.indexOf(m[2]!.replace('天', '日'));
    const have = (weekday(today) + 6) % 7;
    shift(want - have + (m[1] ? 7 : want < have ? 7 : 0));
  } else if ((m = take(/(\d{4})[-/年.](\d{1,2})[-/月.](\d{1,2})日?T?/))) day = { y: +m[1]!, mo: +m[2]!, d: +m[3]! };
  else if ((m = take(/(\d{1,2})[-/月](\d{1,2})[日号]?/))) {
    day = { y: today.y, mo: +m[1]!, d: +m[2]! };
    if (day.mo < today.mo - 6) day.y++;
  }
  const late = take(/下午|晚上|傍晚|pm/i);
  const noon = take(/中午/);
  take(/上午|早上|am/i);

  let h = -1;
  let mi = 0;
  if ((m = take(/(\d{1,2}):(\d{2})(?::\d{2})?/))) [h, mi] = [+m[1]!, +m[2]!];
  else if ((m = take(/(\d{1,2}|[一二两三四五六七八九十])\s*[点时](半|(\d{1,2})分?)?/))) {
    h = zhNumber[m[1]!] ?? Number(m[1]);
    mi = m[2] === '半' ? 30 : Number(m[3] ?? 0);
  } else if (noon) h = 12;
  else if ((m = /^(\d{1,2})$/.exec(s)) && (day || late)) {
    h = +m[1]!;
    s = '';
  }
  if (late && h >= 1 && h < 12) h += 12;
  if (s.replace(/[\s,，之前前]/g, '')) return null;
  if (!day && h < 0) return null;
  if (!day) shift(0);
  if (h < 0) h = 9;
  if (h > 24 || mi > 59) return null;
  const d = day as unknown as { y: number; mo: number; d: number };
  if (d.mo < 1 || d.mo > 12 || d.d < 1 || d.d > 31) return null;
  return new Date(instantOf({ ...d, h, mi })).toISOString();
}

/** Today's date, YYYY-MM-DD, in the organisation's zone. */
export function todayDate(from = now.value): string {
  const p = partsOf(from);
  return `${p.y}-${two(p.mo)}-${two(p.d)}`;
}

export const nowWords = computed(() => sayTime(now.value));
