/** Records as text: chosen columns, one of five formats. A table is fitted to the terminal it is printed on. */
import { cleanedLines } from '../../core/values/printable.ts';
import { columnWidths, drawTable } from './table.ts';

export const FORMATS = ['table', 'json', 'yaml', 'csv', 'value'] as const;
export type Format = (typeof FORMATS)[number];
/** The formats for programs. */
type DataFormat = Extract<Format, 'json' | 'yaml'>;

/** One column: its title as people read it, the value of a record in it. */
export interface Column<T> {
  readonly title: string;
  readonly value: (record: T) => unknown;
}

const NEWLINE = '\n';

/**
 * Takes the columns there are and the ones asked for (by title or by field name, in any case and order; none: `defaults`).
 * Gives the chosen columns, or the first name that no column has.
 */
export function chooseColumns<T>(
  columns: readonly Column<T>[],
  asked: readonly string[],
  defaults: readonly string[],
): readonly Column<T>[] | { readonly unknown: string } {
  const names = asked.length > 0 ? asked : defaults;
  const byName = new Map(columns.map((column) => [plainName(column.title), column]));
  const unknown = names.find((name) => !byName.has(plainName(name)));
  if (unknown !== undefined) return { unknown };
  return names.flatMap((name) => byName.get(plainName(name)) ?? []);
}

export function isDataFormat(format: Format): format is DataFormat {
  return format === 'json' || format === 'yaml';
}

/** A list of records, one row each. */
export async function renderList<T>(
  format: Format,
  columns: readonly Column<T>[],
  records: readonly T[],
): Promise<string> {
  const titles = columns.map(({ title }) => title);
  const rows = records.map((record) => columns.map(({ value }) => value(record)));
  if (isDataFormat(format)) {
    return renderData(
      format,
      rows.map((row) => Object.fromEntries(titles.map((title, index) => [title, row[index]]))),
    );
  }
  return renderRows(format, titles, rows);
}

/** One record, one row per column. */
export async function renderRecord<T>(format: Format, columns: readonly Column<T>[], record: T): Promise<string> {
  if (isDataFormat(format)) {
    return renderData(format, Object.fromEntries(columns.map(({ title, value }) => [title, value(record)])));
  }
  if (format === 'value') return columns.map(({ value }) => cellText(value(record))).join(NEWLINE);
  return renderRows(
    format,
    ['Field', 'Value'],
    columns.map(({ title, value }) => [title, value(record)]),
  );
}

async function renderRows(format: Format, titles: readonly string[], rows: readonly unknown[][]): Promise<string> {
  const cells = rows.map((row) => row.map(cellText));
  if (format === 'value') return cells.map((row) => row.join(' ')).join(NEWLINE);
  if (format === 'csv') {
    const { stringify } = await import('csv-stringify/sync');
    return stringify([titles, ...cells], { quoted_string: true }).trimEnd();
  }
  return fitToTerminal(titles, cells);
}

/** Whole when it is piped or fits. */
async function fitToTerminal(titles: readonly string[], rows: readonly (readonly string[])[]): Promise<string> {
  const table = drawTable(titles, rows);
  const { columns } = process.stdout;
  if (columns === undefined || table.indexOf(NEWLINE) <= columns) return table;
  const { fittedWidths, wrapped } = await import('./fit.ts');
  const widths = fittedWidths(columnWidths([titles, ...rows]), columns);
  const fit = (row: readonly string[]): readonly string[] =>
    row.map((cell, column) => wrapped(cell, widths[column] ?? 1));
  return drawTable(fit(titles), rows.map(fit));
}

/** Any value, in a format for programs. */
export async function renderData(format: DataFormat, data: unknown): Promise<string> {
  if (format === 'json') return JSON.stringify(data, undefined, 2);
  const { dump } = await import('js-yaml');
  return dump(data, { lineWidth: -1 }).trimEnd();
}

/** null is an empty cell. Names are cleaned where they come in; here for what comes from elsewhere, such as a rule of the kernel. */
function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(cellText).join(', ');
  if (typeof value === 'number') return String(value);
  return cleanedLines(typeof value === 'string' ? value : JSON.stringify(value));
}

function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_-]/g, '');
}
