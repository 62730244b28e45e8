/**
 * The event log: events, one JSON object with a checksum per line, in files of one day (UTC). Events are only appended; the files of all
 * but the newest days are removed, and a project has a share of each day. Several processes may append: each append is one write at the
 * end of the file. A torn last line, after a power cut, is skipped, and the next event starts on a new line.
 */
import { type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../core/clock.ts';
import { errnoText } from '../../../core/errors/errno-text.ts';
import type { Logger } from '../../../core/logger.ts';
import { Queue } from '../../../core/queue.ts';
import { counted } from '../../../core/values/counted.ts';
import { timeText } from '../../../core/values/time.ts';
import { type AuditLog, type EventFilter, type Events, matchesFilter } from '../../../pat/interfaces/events.ts';
import { Event, type NewEvent, omissionOf } from '../../../pat/mapping/event.ts';
import { NO_SEAL, seal, unseal } from '../seal.ts';
import { type EventFile, EventFiles } from './event-files.ts';
import { blocksBackward, blocksForward, linesOf, startAfter } from './event-lines.ts';
import { shareOwner } from './event-shares.ts';
import { type EventEntry, type EventLimits, EventWriter } from './event-writer.ts';
import { isSealedEvent, migrateEvent, OLD_TYPES } from './migrations.ts';

interface EventLogOptions {
  /** The state directory, which must exist when the first event is appended. */
  readonly stateDir: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** How many days are kept besides the newest. */
  readonly retainDays: () => number;
  readonly limits: () => EventLimits;
  readonly requestId?: () => string;
}

const DEFAULT_LIMIT = 100;
const DAY_CHARACTERS = '2030-01-31'.length;

export class EventLog implements AuditLog, Events {
  readonly #options: EventLogOptions;
  readonly #directory: string;
  readonly #files: EventFiles;
  readonly #writer: EventWriter;
  #onLeftOut: () => void = () => undefined;
  readonly #queue = new Queue();
  /** Files that were said to be damaged. */
  readonly #damaged = new Set<string>();

  /** Touches no file. */
  constructor(options: EventLogOptions) {
    this.#options = options;
    this.#directory = join(options.stateDir, 'events');
    this.#files = new EventFiles(this.#directory);
    const onLeftOut = (): void => this.#onLeftOut();
    this.#writer = new EventWriter({ ...options, directory: this.#directory, files: this.#files, onLeftOut });
  }

  /** From now on calls this for each event that is left out because its project has used up its share. */
  countLeftOut(count: () => void): void {
    this.#onLeftOut = count;
  }

  /** Why the events of today are not all there; undefined while they are. */
  get degradedReason(): string | undefined {
    const today = timeText(this.#options.clock.now()).slice(0, DAY_CHARACTERS);
    if (this.#writer.isFull(today))
      return `event log limit reached: the oldest events of ${today} were removed (events_max_mib_per_day)`;
    const count = this.#writer.usedUpShares(today);
    if (count === 0) return undefined;
    return `event log share used up: later events of ${counted(count, 'project')} are left out today (max_project_events_percent)`;
  }

  async append(events: readonly NewEvent[]): Promise<void> {
    if (events.length === 0) return;
    const { clock, log } = this.#options;
    // Read before waiting in the queue, where the current request is another one.
    const requestId = this.#options.requestId?.() ?? '';
    const now = clock.now();
    const at = timeText(now);
    const lineOf = (event: NewEvent, id: number): string => {
      const complete: Event = { id, at, ...event, request_id: requestId };
      return seal(JSON.stringify(complete));
    };
    const entries = events.map(
      (event): EventEntry => ({
        owner: shareOwner(event),
        lineOf: (id) => lineOf(event, id),
        omissionOf: (id) => lineOf(omissionOf(event), id),
      }),
    );
    try {
      await this.#queue.run(() => this.#writer.append(now.getTime(), entries));
    } catch (error) {
      await this.#writer.close();
      log.warn('event log append failed', { directory: this.#directory, error: errnoText(error) });
    }
  }

  async list(filter: EventFilter): Promise<readonly Event[]> {
    const { after, limit = DEFAULT_LIMIT } = filter;
    const isForward = after !== undefined;
    const files = isForward ? await this.#files.after(after) : (await this.#files.inOrder()).toReversed();
    const matches: Event[] = [];
    for (const file of files) {
      if (matches.length >= limit) break;
      await this.#files.read(file, (handle) => this.#collect(file, handle, filter, matches));
    }
    return matches.toSorted((one, other) => one.id - other.id);
  }

  /** Waits for the appends under way and closes the file. */
  async close(): Promise<void> {
    await this.#queue.run(() => this.#writer.close());
  }

  /** Adds the matching events of a file, up to the limit: the oldest ones after an ID, or else the newest ones. */
  async #collect(file: EventFile, handle: FileHandle, filter: EventFilter, matches: Event[]): Promise<void> {
    const { after, limit = DEFAULT_LIMIT } = filter;
    const isForward = after !== undefined;
    const blocks = isForward ? blocksForward(handle, await startAfter(handle, after)) : blocksBackward(handle);
    const needles = needlesOf(filter);
    for await (const block of blocks) {
      // Most blocks have nothing for most readers, and to look for a text costs much less than to parse.
      if (!needles.every((needle) => block.includes(needle))) continue;
      const lines = [...linesOf(block)];
      for (const line of isForward ? lines : lines.toReversed()) {
        if (line.length === 0 || !needles.every((needle) => line.includes(needle))) continue;
        const event = this.#parse(file, line);
        if (event && event.id > (after ?? 0) && matchesFilter(event, filter)) matches.push(event);
        if (matches.length >= limit) return;
      }
    }
  }

  /** Gives undefined for a line that is no event, which is logged once for each file. */
  #parse(file: EventFile, line: Buffer): Event | undefined {
    const { value, reason = 'it is no event' } = checked(line);
    const parsed = value === undefined ? undefined : Event.safeParse(migrateEvent(value)).data;
    if (parsed === undefined && !this.#damaged.has(file.name)) {
      this.#damaged.add(file.name);
      this.#options.log.warn('event damaged', { path: this.#files.pathOf(file), reason });
    }
    return parsed;
  }
}

/** Gives the value of a line, or why it is not what was written. */
function checked(line: Buffer): { readonly value?: unknown; readonly reason?: string } {
  const unsealed = unseal(line.toString());
  if ('damage' in unsealed) return { reason: unsealed.damage };
  const { value, isSealed } = unsealed;
  return isSealed || !isSealedEvent(value) ? { value } : { reason: NO_SEAL };
}

/** Gives texts that each line of a matching event has. */
function needlesOf({ mapping_id, router_id, project_id, type }: EventFilter): readonly string[] {
  return [
    ...(mapping_id === undefined ? [] : [`"mapping_id":${JSON.stringify(mapping_id).slice(0, -1)}`]),
    ...(router_id === undefined ? [] : [`"router_id":${JSON.stringify(router_id)}`]),
    ...(project_id == null ? [] : [`"project_id":${JSON.stringify(project_id)}`]),
    ...(type === undefined || Object.values(OLD_TYPES).includes(type) ? [] : [`"type":${JSON.stringify(type)}`]),
  ];
}
