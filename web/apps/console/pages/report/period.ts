// Days and months as they stand in the address: 2026-11-22, 2026-11.
const two = (n: number): string => String(n).padStart(2, '0');

export function shiftPeriod(at: string, kind: 'day' | 'month', by: number): string {
  if (kind === 'month') {
    const [y, m] = at.split('-').map(Number);
    const n = y! * 12 + (m! - 1) + by;
    return `${Math.floor(n / 12)}-${two((n % 12) + 1)}`;
  }
  const d = new Date(`${at}T00:00:00Z`);
  d.setUTCDate(d.getUTCDate() + by);
  return d.toISOString().slice(0, 10);
}
export const isPeriod = (at: string, kind: 'day' | 'month'): boolean => (kind === 'month' ? /^\d{4}-(0[1-9]|1[0-2])$/ : /^\d{4}-(0[1-9]|1[0-2])-([0-2]\d|3[01])$/).test(at);
