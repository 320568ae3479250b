// Tables that Excel opens as they were meant: with a mark of UTF-8 before them, and no cell that would run.
const wide = ['＝', '＠', '＋', '－']; // Excel takes them for the narrow ones

/** =1+1, @SUM(…), +cmd|… would run when the file is opened; a plain number with its sign is no formula. */
function isFormula(s: string): boolean {
  const first = s.charAt(0);
  if (first === '') return false;
  if ('=@\t\r'.includes(first) || wide.includes(first)) return true;
  return (first === '+' || first === '-') && !/^[0-9., ]+$/.test(s.slice(1));
}
function cell(s: string): string {
  const formula = isFormula(s);
  if (!formula && !/[,"\n\r;\t]|^ | $/.test(s)) return s;
  return `"${formula ? "'" : ''}${s.replaceAll('"', '""')}"`;
}
export const csvText = (rows: readonly (readonly string[])[]): string => `\uFEFF${rows.map((r) => r.map(cell).join(',') + '\r\n').join('')}`;

export function saveCsv(name: string, rows: readonly (readonly string[])[]): void {
  const url = URL.createObjectURL(new Blob([csvText(rows)], { type: 'text/csv;charset=utf-8' }));
  const a = document.createElement('a');
  a.href = url;
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
