/** A range of ports, inclusive on both ends, from 1 to 65535. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Gives the number of ports in the range. */
export function rangeSize(range: PortRange): number {
  return range.last - range.first + 1;
}
