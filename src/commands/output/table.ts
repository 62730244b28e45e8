/**
 * A table of text with lines around it, as the openstack client draws it. Our own because it is twenty lines: the table
 * library tried before took seconds for the ten thousand rows that this draws in no time (docs/benchmarks.md).
 */
import stringWidth from 'string-width';

/** Takes one title per column and as many cells per row; a cell may have several lines. No trailing newline. */
export function drawTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const isAscii = ASCII.test([titles, ...rows].join());
  const [head, lines] = isAscii ? [[titles], rows] : [linesOf(titles), rows.flatMap(linesOf)];
  const widths = lineWidths([...head, ...lines], isAscii ? lengthOf : widthOf);
  const border = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+`;
  const pad = isAscii ? (cell: string, width: number) => cell.padEnd(width) : padded;
  const draw = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => pad(cells[column] ?? '', width)).join(' | ')} |`;
  return [border, ...head.map(draw), border, ...lines.map(draw), border].join('\n');
}

/** The width of each column, in terminal columns: that of its widest line. */
export function columnWidths(rows: readonly (readonly string[])[]): readonly number[] {
  return lineWidths(rows.flatMap(linesOf), widthOf);
}

/** Plain loops: a short command ends before anything is compiled. */
function lineWidths(lines: readonly (readonly string[])[], measure: (cell: string) => number): readonly number[] {
  const widths: number[] = [];
  for (const line of lines) {
    for (let column = 0; column < line.length; column++) {
      widths[column] = Math.max(widths[column] ?? 0, measure(line[column] ?? ''));
    }
  }
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

/** Without line breaks. */
const ASCII = /^[ -~]*$/;

/** Columns on a terminal; names may be in any script. */
function widthOf(text: string): number {
  return ASCII.test(text) ? text.length : stringWidth(text);
}

function lengthOf({ length }: string): number {
  return length;
}
