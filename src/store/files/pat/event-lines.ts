/**
 * The lines of one file of events, read in blocks from either end: a day's events may be more than fits into memory, and a reader of
 * some of them must not cost as much as all. A last line without its newline is not there: it is torn, or being written.
 */
import type { FileHandle } from 'node:fs/promises';
import { unseal } from '../seal.ts';

const BLOCK_BYTES = 64 * 1024;
/** A longer line is no event, and is not gathered in memory. */
const MAX_LINE_BYTES = 4 * 1024 * 1024;
const NEWLINE = 10;

/** Gives blocks of whole lines from the end of the file to its beginning. */
export async function* blocksBackward(handle: FileHandle): AsyncGenerator<Buffer> {
  let end = (await handle.stat()).size;
  let rest: Buffer = Buffer.of();
  let isAtEnd = true;
  while (end > 0) {
    const start = Math.max(0, end - BLOCK_BYTES);
    let block: Buffer = Buffer.concat([await readAt(handle, start, end - start), rest]);
    if (isAtEnd) block = block.subarray(0, block.lastIndexOf(NEWLINE) + 1);
    isAtEnd &&= block.length === 0;
    const first = start === 0 ? 0 : block.indexOf(NEWLINE) + 1;
    const hasBeginning = start === 0 || first > 0;
    rest = hasBeginning ? block.subarray(0, first) : block;
    if (rest.length > MAX_LINE_BYTES) rest = Buffer.of();
    if (hasBeginning && block.length > first) yield block.subarray(first);
    end = start;
  }
}

/** Gives blocks of whole lines from a line's beginning to the end of the file. */
export async function* blocksForward(handle: FileHandle, start: number): AsyncGenerator<Buffer> {
  const { size } = await handle.stat();
  let rest: Buffer = Buffer.of();
  for (let at = start; at < size; at += BLOCK_BYTES) {
    const block = Buffer.concat([rest, await readAt(handle, at, Math.min(BLOCK_BYTES, size - at))]);
    const end = block.lastIndexOf(NEWLINE) + 1;
    rest = block.subarray(end).length > MAX_LINE_BYTES ? Buffer.of() : block.subarray(end);
    if (end > 0) yield block.subarray(0, end);
  }
}

/** Gives the lines of a block. */
export function* linesOf(block: Buffer): Generator<Buffer> {
  for (let start = 0; start < block.length; ) {
    const end = block.indexOf(NEWLINE, start);
    const next = end < 0 ? block.length : end + 1;
    yield block.subarray(start, end < 0 ? block.length : end);
    start = next;
  }
}

/** Gives the ID of a whole line, which is its first field; undefined for a damaged one. */
export function idOf(line: Buffer): number | undefined {
  const unsealed = unseal(line.toString());
  if ('damage' in unsealed) return undefined;
  const { id } = (unsealed.value ?? {}) as { readonly id?: unknown };
  return typeof id === 'number' && Number.isSafeInteger(id) && id > 0 ? id : undefined;
}

/** Gives the ID of the first event; undefined where there is none. */
export async function firstId(handle: FileHandle): Promise<number | undefined> {
  return (await eventFrom(handle, 0, (await handle.stat()).size))?.id;
}

/** Gives the ID of the last event; undefined where there is none. */
export async function lastId(handle: FileHandle): Promise<number | undefined> {
  for await (const block of blocksBackward(handle))
    for (const line of [...linesOf(block)].toReversed()) {
      const id = idOf(line);
      if (id !== undefined) return id;
    }
  return undefined;
}

/** Gives the beginning of a line at or before the first event after that ID: IDs grow in a file. */
export async function startAfter(handle: FileHandle, after: number): Promise<number> {
  let low = 0;
  let high = (await handle.stat()).size;
  while (high - low > BLOCK_BYTES) {
    const middle = low + Math.floor((high - low) / 2);
    const found = await eventFrom(handle, middle, high);
    if (found !== undefined && found.id <= after) low = found.start;
    else high = middle;
  }
  return low;
}

/** Gives the first event whose line begins behind `from` (at 0: at it) and before `end`. */
async function eventFrom(
  handle: FileHandle,
  from: number,
  end: number,
): Promise<{ readonly start: number; readonly id: number } | undefined> {
  let at = from;
  let isInLine = from > 0;
  for await (const block of blocksForward(handle, from)) {
    for (const line of linesOf(block)) {
      const start = at;
      at += line.length + 1;
      if (start >= end) return undefined;
      const id = isInLine ? undefined : idOf(line);
      isInLine = false;
      if (id !== undefined) return { start, id };
    }
  }
  return undefined;
}

/** Gives the whole lines of so many bytes; these bytes as they are where no line ends in them: they are no event. */
export async function wholeLines(handle: FileHandle, start: number, length: number): Promise<Buffer> {
  const block = await readAt(handle, start, length);
  const end = block.lastIndexOf(NEWLINE) + 1;
  return end === 0 ? block : block.subarray(0, end);
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
