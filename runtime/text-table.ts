/** Text tables for the terminal. */

/** Columns of equal width, two spaces apart, a line per row; the first row has all columns. Control characters must not move the cursor: spaces. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const clean = rows.map((row) => row.map(printable));
  const width = (column: number) => Math.max(...clean.map((row) => row[column]?.length ?? 0));
  const widths = (clean[0] ?? []).map((_, column) => width(column));
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  return clean.map((row) => `${line(row).trimEnd()}\n`).join('');
}

function printable(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}
