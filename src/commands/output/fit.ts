/** Makes a table as narrow as a terminal, as the openstack client does with --fit-width: long cells get several lines. Pure. */
import wrapAnsi from 'wrap-ansi';

/** Of a column in a table: a border and two blanks. */
const FRAME = 3;

/**
 * Takes the widths of the columns and of the whole table, in terminal columns. Gives the widths that fit: the narrow columns
 * keep theirs, the others share the rest. No column gets less than one.
 */
export function fittedWidths(widths: readonly number[], total: number): readonly number[] {
  const fitted = [...widths];
  let left = total - 1 - FRAME * widths.length;
  const narrowFirst = widths.map((width, column) => ({ width, column })).toSorted((a, b) => a.width - b.width);
  for (const [index, { width, column }] of narrowFirst.entries()) {
    const share = Math.max(1, Math.floor(left / (narrowFirst.length - index)));
    fitted[column] = Math.min(width, share);
    left -= fitted[column] ?? 0;
  }
  return fitted;
}

/** Breaks a cell into lines of that width, between words where it can. */
export function wrapped(cell: string, width: number): string {
  return wrapAnsi(cell, width, { hard: true });
}
