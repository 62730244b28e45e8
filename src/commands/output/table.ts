/**
 * A table of text with lines around it, as the openstack client draws it. Our own because it is twenty lines: the table
 * library tried before took seconds for the ten thousand rows that this draws in no time (docs/benchmarks.md).
 */
import stringWidth from 'string-width';

/** Takes one title per column and as many cells per row; a cell may have several lines. No trailing newline. */
export function drawTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = linesOf(titles);
  const lines = rows.flatMap(linesOf);
  const widths = columnWidths([...head, ...lines]);
  const border = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+`;
  const draw = (cells: readonly string[]): string =>
    `|${widths.map((width, column) => ` ${padded(cells[column] ?? '', width)} `).join('|')}|`;
  return [border, ...head.map(draw), border, ...lines.map(draw), border].join('\n');
}

/** The width of each column, in terminal columns: that of its widest line. */
export function columnWidths(rows: readonly (readonly string[])[]): readonly number[] {
  const widths: number[] = [];
  for (const line of rows.flatMap(linesOf))
    for (const [column, cell] of line.entries()) widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
  return widths;
}

/** A row whose cells have several lines is several lines of the table. */
function linesOf(row: readonly string[]): readonly (readonly string[])[] {
  if (!row.some((cell) => cell.includes('\n'))) return [row];
  const cells = row.map((cell) => cell.split('\n'));
  const height = Math.max(...cells.map(({ length }) => length));
  return Array.from({ length: height }, (_, line) => cells.map((cell) => cell[line] ?? ''));
}

function padded(cell: string, width: number): string {
  return cell + ' '.repeat(width - widthOf(cell));
}

const ASCII = /^[ -~]*$/;

/** Columns on a terminal; names may be in any script. */
function widthOf(text: string): number {
  return ASCII.test(text) ? text.length : stringWidth(text);
}
