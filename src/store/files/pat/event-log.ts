/**
 * The event log: events, one JSON object per line, one file per day (UTC). Events are only appended; the files of days before the
 * retention period are removed. Several processes may append: each append is one write at the end of the file. A torn last line, after
 * a power cut, is skipped, and the next event starts on a new line.
 */
import { type FileHandle, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../core/clock.ts';
import { errnoText } from '../../../core/errors/errno-text.ts';
import type { Logger } from '../../../core/logger.ts';
import { Queue } from '../../../core/queue.ts';
import { parseJson } from '../../../core/values/json.ts';
import { timeText } from '../../../core/values/time.ts';
import { type AuditLog, type EventFilter, type Events, matchesFilter } from '../../../pat/interfaces/events.ts';
import { Event, type NewEvent } from '../../../pat/mapping/event.ts';
import { isMissing, makePrivateDirectory, readError } from '../disk.ts';
import { migrateEvent } from './migrations.ts';

interface EventLogOptions {
  /** The state directory, which must exist when the first event is appended. */
  readonly stateDir: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** How many days are kept besides today. */
  readonly retainDays: () => number;
  readonly requestId?: () => string;
}

const FILE = /^\d{4}-\d{2}-\d{2}\.jsonl$/;
const DAY_MS = 24 * 3600 * 1000;
/** IDs are microseconds since 1970, so that those of two processes hardly ever collide. */
const IDS_PER_MS = 1000;
const DEFAULT_LIMIT = 100;
const PRIVATE_MODE = 0o600;

export class EventLog implements AuditLog, Events {
  readonly #options: EventLogOptions;
  readonly #directory: string;
  readonly #queue = new Queue();
  #lastId = 0;
  #day = '';
  #handle: FileHandle | undefined;

  /** Touches no file. */
  constructor(options: EventLogOptions) {
    this.#options = options;
    this.#directory = join(options.stateDir, 'events');
  }

  async append(events: readonly NewEvent[]): Promise<void> {
    if (events.length === 0) return;
    const { clock, log } = this.#options;
    // Read before waiting in the queue, where the current request is another one.
    const requestId = this.#options.requestId?.() ?? '';
    const now = clock.now();
    const at = timeText(now);
    try {
      await this.#queue.run(async () => {
        const lines = events.map((event) => {
          const complete: Event = { id: this.#nextId(now), at, ...event, request_id: requestId };
          return `${JSON.stringify(complete)}\n`;
        });
        const handle = await this.#open(at.slice(0, 10));
        await handle.appendFile(lines.join(''));
      });
    } catch (error) {
      await this.#close();
      log.warn('event log append failed', { directory: this.#directory, error: errnoText(error) });
    }
  }

  async list(filter: EventFilter): Promise<readonly Event[]> {
    const { after, limit = DEFAULT_LIMIT } = filter;
    const files = await this.#files();
    const isForward = after !== undefined;
    const firstDay = isForward ? new Date(after / IDS_PER_MS).toISOString().slice(0, 10) : '';
    const days = isForward ? files.filter((file) => file.slice(0, 10) >= firstDay) : files.toReversed();
    const matches: Event[] = [];
    for (const file of days) {
      const lines = await this.#lines(file);
      for (const line of isForward ? lines : lines.toReversed()) {
        // Most lines do not match, and parsing a whole line costs more than its ID.
        if (idOf(line) <= (after ?? 0)) continue;
        const event = Event.safeParse(migrateEvent(parseJson(line))).data;
        if (event && matchesFilter(event, filter)) matches.push(event);
        if (matches.length >= limit) break;
      }
      if (matches.length >= limit) break;
    }
    return matches.toSorted((one, other) => one.id - other.id);
  }

  /** Waits for the appends under way and closes the file. */
  async close(): Promise<void> {
    await this.#queue.run(() => this.#close());
  }

  #nextId(now: Date): number {
    this.#lastId = Math.max(this.#lastId + 1, now.getTime() * IDS_PER_MS);
    return this.#lastId;
  }

  async #open(day: string): Promise<FileHandle> {
    if (this.#handle && this.#day === day) return this.#handle;
    await this.#close();
    await makePrivateDirectory(this.#directory);
    const handle = await open(join(this.#directory, `${day}.jsonl`), 'a+', PRIVATE_MODE);
    await endLine(handle);
    this.#handle = handle;
    this.#day = day;
    await this.#removeBefore(day);
    return handle;
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async #removeBefore(day: string): Promise<void> {
    const oldest = new Date(Date.parse(day) - this.#options.retainDays() * DAY_MS).toISOString().slice(0, 10);
    for (const file of await this.#files())
      if (file.slice(0, 10) < oldest) await rm(join(this.#directory, file), { force: true });
  }

  async #files(): Promise<readonly string[]> {
    try {
      return (await readdir(this.#directory)).filter((name) => FILE.test(name)).toSorted();
    } catch (error) {
      if (isMissing(error)) return [];
      throw readError(this.#directory, error);
    }
  }

  async #lines(file: string): Promise<readonly string[]> {
    const path = join(this.#directory, file);
    try {
      return (await readFile(path, 'utf8')).split('\n');
    } catch (error) {
      if (isMissing(error)) return [];
      throw readError(path, error);
    }
  }
}

/** Gives the ID, which is the first field of each line; 0 for any other line. */
function idOf(line: string): number {
  return Number(/^\{"id":(\d+),/.exec(line)?.[1] ?? 0);
}

/** Ends a torn line: an event appended to it would be lost. */
async function endLine(handle: FileHandle): Promise<void> {
  const { size } = await handle.stat();
  if (size === 0) return;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  if (buffer.toString() !== '\n') await handle.appendFile('\n');
}
