/**
 * Appends to the event log. IDs grow with each event, also when the clock goes back and after a restart: they continue behind the last
 * one that is stored. A day has a limit of bytes, and several files so that the oldest of them can go when it is reached; each project
 * has a share of it.
 */
import { constants, fstatSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Logger } from '../../../core/logger.ts';
import { makePrivateDirectory } from '../disk.ts';
import { type EventFile, type EventFiles, IDS_PER_MS } from './event-files.ts';
import { lastId } from './event-lines.ts';
import { type Admission, EventShares, type ShareOwner } from './event-shares.ts';

interface EventWriterParts {
  readonly directory: string;
  readonly files: EventFiles;
  readonly log: Logger;
  /** How many days are kept besides the newest. */
  readonly retainDays: () => number;
  readonly limits: () => EventLimits;
  /** Called for each event that is left out because of its project's share. */
  readonly onLeftOut: () => void;
}

/** The limits of one day. */
export interface EventLimits {
  readonly maxBytes: number;
  /** Of the events of one project. */
  readonly maxBytesPerProject: number;
}

/** An event to append. */
export interface EventEntry {
  readonly owner: ShareOwner;
  /** Gives its line, without a newline. */
  readonly lineOf: (id: number) => string;
  /** Gives the line that says that it, and the later ones of its owner, are left out. */
  readonly omissionOf: (id: number) => string;
}

/** A line to write. */
interface Line {
  readonly owner: ShareOwner;
  readonly admission: Admission;
  /** Of the event, which an omission stands for. */
  readonly bytes: number;
  readonly text: string;
}

const PRIVATE_MODE = 0o600;
const APPEND = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
/** So much of a day goes at once when its limit is reached. */
const FILES_PER_DAY = 8;
/** Behind it the clock is wrong, and its microseconds would soon be no safe integer. */
const MAX_CLOCK_MS = Date.UTC(2200);

interface OpenFile {
  readonly file: EventFile;
  readonly handle: FileHandle;
  bytes: number;
}

export class EventWriter {
  readonly #parts: EventWriterParts;
  readonly #shares: EventShares;
  #lastId = 0;
  #open: OpenFile | undefined;
  #fullDay: string | undefined;

  /** Touches no file. */
  constructor(parts: EventWriterParts) {
    this.#parts = parts;
    this.#shares = new EventShares(parts.files);
  }

  /** True when the oldest events of that day were removed because it had too many. */
  isFull(day: string): boolean {
    return day === this.#fullDay;
  }

  /** How many projects are known to have used up their share of that day. */
  usedUpShares(day: string): number {
    return this.#shares.usedUpOn(day);
  }

  /** Appends events of a moment. Throws the errors of the file system; then a part of the events may be appended. */
  async append(nowMs: number, entries: readonly EventEntry[]): Promise<void> {
    const day = new Date(nowMs).toISOString().slice(0, 10);
    await this.#current(day);
    const lines: Line[] = [];
    try {
      for (const entry of entries) {
        this.#lastId = Math.max(this.#lastId + 1, nowMs > MAX_CLOCK_MS ? 0 : nowMs * IDS_PER_MS);
        const line = await this.#admitted(entry);
        if (line !== undefined) lines.push(line);
      }
      await this.#writeAll(day, lines);
    } catch (error) {
      for (const { owner, bytes, admission } of lines) this.#shares.revoke(owner, bytes, admission);
      throw error;
    }
  }

  async close(): Promise<void> {
    const handle = this.#open?.handle;
    this.#open = undefined;
    await handle?.close();
  }

  get #maxFileBytes(): number {
    return Math.floor(this.#parts.limits().maxBytes / FILES_PER_DAY);
  }

  /** Gives the line to write; undefined for an event that is left out. */
  async #admitted({ owner, lineOf, omissionOf }: EventEntry): Promise<Line | undefined> {
    const text = `${lineOf(this.#lastId)}\n`;
    const bytes = Buffer.byteLength(text);
    const admission = await this.#shares.admit(owner, bytes, this.#parts.limits().maxBytesPerProject);
    if (admission !== 'stored') this.#parts.onLeftOut();
    if (admission === 'left out') return undefined;
    return { owner, admission, bytes, text: admission === 'stored' ? text : `${omissionOf(this.#lastId)}\n` };
  }

  /** Writes lines to as many files as they need. Takes those that are written from the list. */
  async #writeAll(day: string, lines: Line[]): Promise<void> {
    let count = 0;
    let total = this.#open?.bytes ?? 0;
    while (count < lines.length) {
      const { text = '' } = lines[count] ?? {};
      const bytes = Buffer.byteLength(text);
      if (total + bytes > this.#maxFileBytes && total > 0) {
        await this.#write(day, lines, count);
        total = (await this.#roll(day)).bytes;
        count = 0;
      }
      total += bytes;
      count += 1;
    }
    await this.#write(day, lines, count);
  }

  /** Gives the newest file, if it is of that day; a new one otherwise. */
  async #current(day: string): Promise<OpenFile> {
    const present = this.#open;
    if (present?.file.day === day && isUnchanged(present)) return present;
    await this.close();
    const { directory, files, retainDays } = this.#parts;
    await makePrivateDirectory(directory);
    const newest = (await files.inOrder()).at(-1);
    const last = newest && (await files.read(newest, lastId));
    this.#lastId = Math.max(this.#lastId, last ?? 0);
    await this.#shares.begin(day);
    if (newest?.day === day) return this.#openFile(newest);
    await files.keepDays(retainDays(), day);
    return this.#openFile(await files.next(day));
  }

  /** Begins the next file of the day, within its limit. */
  async #roll(day: string): Promise<OpenFile> {
    await this.close();
    const { files, log, limits } = this.#parts;
    const { maxBytes } = limits();
    if ((await files.cutDay(day, maxBytes - this.#maxFileBytes)) && this.#fullDay !== day) {
      this.#fullDay = day;
      log.warn('event log limit reached', { day, max_bytes: maxBytes });
    }
    return this.#openFile(await files.next(day));
  }

  async #openFile(file: EventFile): Promise<OpenFile> {
    const { files, log } = this.#parts;
    const path = files.pathOf(file);
    const handle = await open(path, APPEND, PRIVATE_MODE);
    try {
      const bytes = await endLine(handle, () => log.warn('event log cut off', { path }));
      this.#open = { file, handle, bytes };
      return this.#open;
    } catch (error) {
      // On a full disk this fails with every event.
      await handle.close();
      throw error;
    }
  }

  async #write(day: string, lines: Line[], count: number): Promise<void> {
    const current = this.#open;
    if (current === undefined || count === 0) return;
    const content = Buffer.from(
      lines
        .slice(0, count)
        .map(({ text }) => text)
        .join(''),
    );
    await current.handle.appendFile(content);
    current.bytes += content.length;
    this.#shares.appended(current.file, content.length);
    for (const { owner, admission } of lines.splice(0, count)) if (admission === 'last') this.#sayUsedUp(day, owner);
  }

  #sayUsedUp(day: string, owner: ShareOwner): void {
    const { log, limits } = this.#parts;
    const events = owner?.isLifecycle ? 'created and deleted' : 'other';
    const maxBytes = limits().maxBytesPerProject;
    log.warn('event log share used up', { day, project: owner?.project, events, max_bytes: maxBytes });
  }
}

/** False when another process appended to the file or removed it. Without a hop to another thread: each change comes here. */
function isUnchanged({ handle, bytes }: OpenFile): boolean {
  const { size, nlink } = fstatSync(handle.fd);
  return size === bytes && nlink > 0;
}

/** Ends a torn line: an event appended to it would be lost. Gives the size of the file. */
async function endLine(handle: FileHandle, onTorn: () => void): Promise<number> {
  const { size } = await handle.stat();
  if (size === 0) return 0;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  if (buffer.toString() === '\n') return size;
  onTorn();
  await handle.appendFile('\n');
  return size + 1;
}
