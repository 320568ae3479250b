/** A time of day as people type it: 9, 930, 9:30, 9：30. Null: none. 24:00 only where a day may end so. */
export function readHour(text: string, midnight = false): string | null {
  const s = text.trim().replace(/[：.点]/g, ':').replace(/:$/, '');
  const m = /^(\d{1,2})(?::(\d{2}))?$/.exec(s) ?? /^(\d{1,2})(\d{2})$/.exec(s);
  if (!m) return null;
  const h = Number(m[1]);
  const mi = Number(m[2] ?? 0);
  if (mi > 59 || h > 24 || (h === 24 && (mi > 0 || !midnight))) return null;
  return `${String(h).padStart(2, '0')}:${String(mi).padStart(2, '0')}`;
}
