/** A stream as lines. */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Calls `onLine` with each line. The owner of the stream handles its end and its errors. */
export function eachLine(input: Readable, onLine: (line: string) => void): void {
  // readline emits the errors of the stream again.
  createInterface({ input })
    .on('line', onLine)
    .on('error', () => undefined);
}
