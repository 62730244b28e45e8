/** A stream as lines. */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Calls `take` with every line. Its end and its errors are for whoever holds the stream. */
export function eachLine(input: Readable, take: (line: string) => void): void {
  // readline says the stream's errors again.
  createInterface({ input })
    .on('line', take)
    .on('error', () => undefined);
}
