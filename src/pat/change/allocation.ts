/** The choice of a router port for a mapping that names none. Pure. */
import { type PortRange, rangeSize } from '../../core/values/port-range.ts';

/**
 * Gives the first free port of the range at or after `start`, and continues at the first port of the range after the last
 * one; undefined when no port is free. A `start` outside the range means its first port. Tests each port at most once.
 */
export function allocatePort(range: PortRange, start: number, isTaken: (port: number) => boolean): number | undefined {
  const size = rangeSize(range);
  const offset = start >= range.first && start <= range.last ? start - range.first : 0;
  for (let step = 0; step < size; step++) {
    const port = range.first + ((offset + step) % size);
    if (!isTaken(port)) return port;
  }
  return undefined;
}

/** Gives the port after `port`, at which the next search starts. */
export function nextPort(range: PortRange, port: number): number {
  return port >= range.last ? range.first : port + 1;
}
