import { type PortRange, rangeSize } from '../../core/values/port-range.ts';

/**
 * Takes the range, the port to try first (any number; outside of the range the walk starts at its beginning) and the
 * test for taken ports. Gives the first free port at or after `next_port`, going round once, or undefined when there is
 * none. Asks about every port of the range at most once.
 */
export function allocatePort(
  range: PortRange,
  next_port: number,
  isTaken: (port: number) => boolean,
): number | undefined {
  const size = rangeSize(range);
  const start = next_port >= range.first && next_port <= range.last ? next_port - range.first : 0;
  for (let step = 0; step < size; step++) {
    const port = range.first + ((start + step) % size);
    if (!isTaken(port)) return port;
  }
  return undefined;
}

/** The port at which the next walk starts after `port` was handed out. */
export function nextPort(range: PortRange, port: number): number {
  return port >= range.last ? range.first : port + 1;
}
