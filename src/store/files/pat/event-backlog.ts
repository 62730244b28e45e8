/**
 * What is in the files of a day and not counted yet: the events from before this process, and those of others. It is read a piece at a
 * time, so that no append costs as much as the day.
 */
import type { FileHandle } from 'node:fs/promises';
import { type EventFile, type EventFiles } from './event-files.ts';
import { linesOf, wholeLines } from './event-lines.ts';

const PIECE_BYTES = 128 * 1024;
/** Small ranges come at a price, too: that of opening a file. */
const MIN_RANGE_BYTES = 4096;

interface Range {
  readonly file: EventFile;
  start: number;
  readonly end: number;
}

export class EventBacklog {
  readonly #files: EventFiles;
  #day = '';
  /** How far each file of the day is counted, or in a range. */
  readonly #seen = new Map<string, number>();
  #ranges: Range[] = [];
  #bytes = 0;

  /** Touches no file. */
  constructor(files: EventFiles) {
    this.#files = files;
  }

  /** How much is not counted. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Finds what the files of the day have by now. Gives true when it is another day. Throws NOT_PERMITTED, STORE_UNREADABLE. */
  async find(day: string): Promise<boolean> {
    const isNew = day !== this.#day;
    if (isNew) {
      this.#day = day;
      this.#seen.clear();
      this.#ranges = [];
      this.#bytes = 0;
    }
    for (const file of await this.#files.inOrder()) if (file.day === day) await this.#findIn(file);
    return isNew;
  }

  /** Takes what this process appended to a file, which is counted. */
  appended({ name }: EventFile, bytes: number): void {
    this.#seen.set(name, (this.#seen.get(name) ?? 0) + bytes);
  }

  /** Gives the lines of the next piece; it is counted then. Throws NOT_PERMITTED, STORE_UNREADABLE. */
  async next(): Promise<readonly Buffer[]> {
    const lines: Buffer[] = [];
    for (let budget = PIECE_BYTES; budget > 0; ) {
      const [range] = this.#ranges;
      if (range === undefined) break;
      const piece = await this.#files.read(range.file, (handle) => nextPiece(handle, range));
      // The file may have been removed, or cut.
      const taken = piece === undefined || piece.length === 0 ? range.end - range.start : piece.length;
      range.start += taken;
      this.#bytes -= taken;
      if (range.start >= range.end) this.#ranges.shift();
      if (piece !== undefined) lines.push(...linesOf(piece));
      budget -= Math.max(taken, MIN_RANGE_BYTES);
    }
    return lines;
  }

  async #findIn(file: EventFile): Promise<void> {
    const end = (await this.#files.read(file, async (handle) => (await handle.stat()).size)) ?? 0;
    const start = this.#seen.get(file.name) ?? 0;
    if (end <= start) return;
    this.#seen.set(file.name, end);
    this.#ranges.push({ file, start, end });
    this.#bytes += end - start;
  }
}

function nextPiece(handle: FileHandle, { start, end }: Range): Promise<Buffer> {
  return wholeLines(handle, start, Math.min(PIECE_BYTES, end - start));
}
