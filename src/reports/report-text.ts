/** A table of texts and numbers; the first row of the output names its columns. */
export interface ReportTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** RFC 4180, with line feeds. A text that a spreadsheet would run as a formula is made a text by an apostrophe. */
export function toCsv({ columns, rows }: ReportTable): string {
  return [columns, ...rows].map((row) => `${row.map(csvField).join(',')}\n`).join('');
}

function csvField(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const harmless = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** For a terminal: columns side by side, numbers to the right, an unknown figure as `-`. */
export function toAlignedText({ columns, rows }: ReportTable): string {
  const cells = [columns, ...rows].map((row) => row.map((value) => (value === null ? '-' : String(value))));
  const widths = columns.map((_column, index) => Math.max(...cells.map((row) => row[index]?.length ?? 0)));
  const isNumeric = columns.map((_column, index) => rows.every((row) => typeof row[index] !== 'string'));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, index) => (isNumeric[index] ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0)))
      .join('  ');
  return cells.map((row) => `${line(row).trimEnd()}\n`).join('');
}
