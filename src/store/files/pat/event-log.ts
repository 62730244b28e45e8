/**
 * The audit log: events, one JSON object a line, one file for each day (UTC). It is only ever added to; whole days go when
 * they are older than they are kept. Several processes may add: an addition is one write at the end of a file. A torn last
 * line, of a power cut, is passed over and not built upon.
 */

import { type FileHandle, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../core/clock.ts';
import { messageOf } from '../../../core/errors/message-of.ts';
import type { Logger } from '../../../core/logger.ts';
import { Queue } from '../../../core/queue.ts';
import { type AuditLog, type EventFilter, type Events, matchesFilter } from '../../../pat/interfaces/events.ts';
import { Event, type NewEvent } from '../../../pat/mapping/event.ts';
import { makePrivateDirectory, readError } from '../disk.ts';
import { parseJson } from '../json.ts';
import { liftEvent } from './migrations.ts';

export interface EventLogOptions {
  /** Of the state directory, which must be there when the first event comes. */
  readonly state_dir: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Days that are kept besides today. */
  readonly retainDays: () => number;
  readonly request_id?: () => string;
}

const FILE = /^\d{4}-\d{2}-\d{2}\.jsonl$/;
const DAY_MS = 24 * 3600 * 1000;
/** Ids are microseconds since 1970, so that those of two processes hardly ever meet. */
const IDS_PER_MS = 1000;
const DEFAULT_LIMIT = 100;
const PRIVATE = 0o600;

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
    this.#directory = join(options.state_dir, 'events');
  }

  async append(events: readonly NewEvent[]): Promise<void> {
    if (events.length === 0) return;
    const { clock, log, request_id } = this.#options;
    // Whose request it is has to be asked before waiting for one's turn.
    const ofRequest = request_id?.() ?? '';
    const now = clock.now();
    const at = now.toISOString().replace(/\.\d+Z$/, 'Z');
    try {
      await this.#queue.run(async () => {
        const lines = events.map((event) => {
          const whole: Event = { id: this.#nextId(now), at, ...event, request_id: ofRequest };
          return `${JSON.stringify(whole)}\n`;
        });
        const handle = await this.#open(at.slice(0, 10));
        await handle.appendFile(lines.join(''));
      });
    } catch (error) {
      await this.#close();
      const reason = messageOf(error);
      log.warn('what was changed could not be noted in the audit log', { reason, directory: this.#directory });
    }
  }

  async list(filter: EventFilter): Promise<readonly Event[]> {
    const { after, limit = DEFAULT_LIMIT } = filter;
    const files = await this.#files();
    const forward = after !== undefined;
    const firstDay = forward ? new Date(after / IDS_PER_MS).toISOString().slice(0, 10) : '';
    const days = forward ? files.filter((file) => file.slice(0, 10) >= firstDay) : files.toReversed();
    const found: Event[] = [];
    for (const file of days) {
      const lines = await this.#lines(file);
      for (const line of forward ? lines : lines.toReversed()) {
        // Most lines are not looked for, and reading one whole costs more than its id.
        if (idOf(line) <= (after ?? 0)) continue;
        const event = Event.safeParse(liftEvent(parseJson(line))).data;
        if (event && matchesFilter(event, filter)) found.push(event);
        if (found.length >= limit) break;
      }
      if (found.length >= limit) break;
    }
    return found.toSorted((one, other) => one.id - other.id);
  }

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
    const handle = await open(join(this.#directory, `${day}.jsonl`), 'a+', PRIVATE);
    await endLine(handle);
    this.#handle = handle;
    this.#day = day;
    await this.#forgetBefore(day);
    return handle;
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async #forgetBefore(day: string): Promise<void> {
    const oldest = new Date(Date.parse(day) - this.#options.retainDays() * DAY_MS).toISOString().slice(0, 10);
    for (const file of await this.#files())
      if (file.slice(0, 10) < oldest) await rm(join(this.#directory, file), { force: true });
  }

  async #files(): Promise<readonly string[]> {
    try {
      return (await readdir(this.#directory)).filter((name) => FILE.test(name)).toSorted();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw readError(this.#directory, error);
    }
  }

  async #lines(file: string): Promise<readonly string[]> {
    const path = join(this.#directory, file);
    try {
      return (await readFile(path, 'utf8')).split('\n');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw readError(path, error);
    }
  }
}

/** It is the first field of each line; 0 for what is none. */
function idOf(line: string): number {
  return Number(/^\{"id":(\d+),/.exec(line)?.[1] ?? 0);
}

/** Behind a torn line the next one would be torn too. */
async function endLine(handle: FileHandle): Promise<void> {
  const { size } = await handle.stat();
  if (size === 0) return;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  if (buffer.toString() !== '\n') await handle.appendFile('\n');
}
