/** A range of ports. */
/**
 * Automatic router ports. They walk through the range, so that a port just freed, which somebody may still have in a
 * script or a browser, is handed out again as late as possible.
 */

/** Inclusive on both ends, 1 to 65535. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** How many ports the range has. */
export function rangeSize(range: PortRange): number {
  return range.last - range.first + 1;
}
