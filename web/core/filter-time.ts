// Zones and durations for filters: as the server counts them, with Intl for the zone.

export type Holidays = Record<string, boolean>; // true: off, false: a make-up working day

const DAY = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

interface Local {
  y: number;
  mo: number;
  d: number;
  rest: number; // ms since local midnight, by the clock on the wall
}

// Offset of the zone from UTC at an instant, in ms.
function offsetAt(ms: number, zone: string): number {
  let f = formats.get(zone);
  if (!f) {
    f = new Intl.DateTimeFormat('en-US', {
      timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
    });
    formats.set(zone, f);
  }
  const p: Record<string, number> = {};
  for (const part of f.formatToParts(ms)) p[part.type] = Number(part.value);
  const wall = Date.UTC(p.year!, p.month! - 1, p.day!, p.hour!, p.minute!, p.second!);
  return wall - Math.floor(ms / 1000) * 1000;
}

function localOf(ms: number, zone: string): Local {
  const wall = ms + offsetAt(ms, zone), date = new Date(wall);
  return { y: date.getUTCFullYear(), mo: date.getUTCMonth() + 1, d: date.getUTCDate(), rest: ((wall % DAY) + DAY) % DAY };
}

// The earlier instant of a doubled wall time; the first after the gap for one that is skipped.
function instantOf(l: Local, zone: string): number {
  const wall = Date.UTC(l.y, l.mo - 1, l.d) + l.rest;
  const before = offsetAt(wall - DAY, zone), after = offsetAt(wall + DAY, zone);
  const tries = [wall - before, wall - after].filter((ms) => ms + offsetAt(ms, zone) === wall);
  if (tries.length) return Math.min(...tries);
  let low = wall - DAY, high = wall + DAY;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle, zone) === before) low = middle;
    else high = middle;
  }
  return high;
}

const two = (n: number): string => String(n).padStart(2, '0');
const dateText = (y: number, mo: number, d: number): string => `${String(y).padStart(4, '0')}-${two(mo)}-${two(d)}`;

export function dateOf(ms: number, zone: string): string {
  const l = localOf(ms, zone);
  return dateText(l.y, l.mo, l.d);
}

export function isDate(text: string): boolean {
  const m = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!m) return false;
  const date = new Date(Date.UTC(+m[1]!, +m[2]! - 1, +m[3]!));
  return date.getUTCMonth() === +m[2]! - 1 && date.getUTCDate() === +m[3]!;
}

export function startOf(date: string, zone: string): number {
  const [y, mo, d] = date.split('-').map(Number);
  return instantOf({ y: y!, mo: mo!, d: d!, rest: 0 }, zone);
}

export type DurationUnit = 'm' | 'h' | 'd' | 'w' | 'mo' | 'bd';

export function durationUnit(text: string): DurationUnit | undefined {
  const m = /^(\d+)(m|h|d|w|mo|bd)$/.exec(text);
  if (!m) return undefined;
  const n = Number(m[1]), unit = m[2] as DurationUnit;
  const most = { m: 1440 * 36600, h: 24 * 36600, d: 36600, w: Math.floor(36600 / 7), mo: 36600 / 30, bd: 5000 }[unit];
  return n <= most ? unit : undefined;
}

function isBusinessDay(days: number, holidays: Holidays): boolean {
  const said = holidays[new Date(days * DAY).toISOString().slice(0, 10)];
  if (typeof said === 'boolean') return !said;
  return (((days + 3) % 7) + 7) % 7 < 5;
}

function moveDate(y: number, mo: number, d: number, n: number, unit: DurationUnit, holidays: Holidays): [number, number, number] {
  let days = Date.UTC(y, mo - 1, d) / DAY;
  if (unit === 'mo') {
    const month = y * 12 + mo - 1 + n, year = Math.floor(month / 12), m = month % 12;
    return [year, m + 1, Math.min(d, new Date(Date.UTC(year, m + 1, 0)).getUTCDate())];
  }
  if (unit === 'bd') {
    const step = n < 0 ? -1 : 1;
    for (let left = Math.abs(n), guard = 0; left > 0 && guard < 20000; guard++) {
      days += step;
      if (isBusinessDay(days, holidays)) left--;
    }
  } else {
    days += unit === 'w' ? 7 * n : n;
  }
  const date = new Date(days * DAY);
  return [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
}

function parts(duration: string, negative: boolean): { n: number; unit: DurationUnit } {
  const n = parseInt(duration, 10);
  return { n: negative ? -n : n, unit: durationUnit(duration)! };
}

export function addToDate(date: string, duration: string, negative: boolean, holidays: Holidays): string {
  const [y, mo, d] = date.split('-').map(Number), { n, unit } = parts(duration, negative);
  return dateText(...moveDate(y!, mo!, d!, n, unit, holidays));
}

export function addDuration(ms: number, duration: string, negative: boolean, zone: string, holidays: Holidays): number {
  const { n, unit } = parts(duration, negative);
  if (unit === 'm' || unit === 'h') return ms + n * (unit === 'm' ? 60_000 : 3_600_000);
  const l = localOf(ms, zone), [y, mo, d] = moveDate(l.y, l.mo, l.d, n, unit, holidays);
  return instantOf({ y, mo, d, rest: l.rest }, zone);
}
