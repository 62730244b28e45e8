/**
 * How much of a day each project has written to the event log: one project must not push out the events of the others. Half of a share
 * is for what creates and deletes mappings, so that no number of updates hides what is open. What an operator does, and what belongs to
 * no project, has no share.
 *
 * After a restart the events of the day are counted piece by piece, and only once a project might have used up its share. Until they
 * are, it may write as many bytes again at most.
 */
import { isLifecycleEvent, type NewEvent } from '../../../pat/mapping/event.ts';
import { unseal } from '../seal.ts';
import { EventBacklog } from './event-backlog.ts';
import type { EventFile, EventFiles } from './event-files.ts';

/** The half of a project's share that an event is of. */
interface SharePart {
  readonly project: string;
  /** For created and deleted mappings. */
  readonly isLifecycle: boolean;
}

/** The share that an event is of; null: it has none. */
export type ShareOwner = SharePart | null;

/** `last`: it is the first that is left out, and the log says so instead. */
export type Admission = 'stored' | 'last' | 'left out';

interface Share {
  readonly project: string;
  bytes: number;
  isUsed: boolean;
}

const PARTS = 2;
/** The beginning of the line of an event: no field of it is free text. */
const HEAD =
  /^\{"id":\d+,"at":"[^"]*","type":"(?<type>[a-z]+)","mapping_id":"[^"]*","router_id":"[^"]*","project_id":(?<project>null|"(?:[^"\\]|\\.)*"),"by":\{"kind":"(?<kind>[a-z]+)"/;
const HEAD_BYTES = 2048;

export class EventShares {
  readonly #backlog: EventBacklog;
  #day = '';
  readonly #shares = new Map<string, Share>();

  /** Touches no file. */
  constructor(files: EventFiles) {
    this.#backlog = new EventBacklog(files);
  }

  /** How many projects are known to have used up a half of their share of that day. */
  usedUpOn(day: string): number {
    if (day !== this.#day) return 0;
    return new Set([...this.#shares.values()].flatMap(({ project, isUsed }) => (isUsed ? [project] : []))).size;
  }

  /** Begins a day, or finds what others have written meanwhile. Throws NOT_PERMITTED, STORE_UNREADABLE. */
  async begin(day: string): Promise<void> {
    if (await this.#backlog.find(day)) this.#shares.clear();
    this.#day = day;
  }

  /** Takes what was appended of what was admitted. */
  appended(file: EventFile, bytes: number): void {
    this.#backlog.appended(file, bytes);
  }

  /** Decides on one more event, and counts it where it is stored. Throws NOT_PERMITTED, STORE_UNREADABLE. */
  async admit(owner: ShareOwner, bytes: number, maxBytesPerProject: number): Promise<Admission> {
    if (owner === null) return 'stored';
    const share = this.#shareOf(owner);
    const maxBytes = Math.floor(maxBytesPerProject / PARTS);
    // Whoever would be within the share if all that is not counted were theirs is within it.
    if (!share.isUsed && share.bytes + this.#backlog.bytes + bytes > maxBytes)
      for (const line of await this.#backlog.next()) this.#count(line);
    if (share.isUsed) return 'left out';
    if (share.bytes + bytes > maxBytes) {
      share.isUsed = true;
      return 'last';
    }
    share.bytes += bytes;
    return 'stored';
  }

  /** Takes back what was admitted and could not be written. */
  revoke(owner: ShareOwner, bytes: number, admission: Admission): void {
    if (owner === null) return;
    const share = this.#shareOf(owner);
    if (admission === 'stored') share.bytes -= bytes;
    else share.isUsed = false;
  }

  #count(line: Buffer): void {
    const { type, project, kind } = HEAD.exec(line.toString('utf8', 0, HEAD_BYTES))?.groups ?? {};
    if (type === undefined || project === undefined || kind === undefined) return;
    const isLifecycle = isLifecycleEvent({ type, reason_code: type === 'omitted' ? codeOf(line) : null });
    const owner = ownerOf(JSON.parse(project) as string | null, kind, isLifecycle);
    if (owner === null) return;
    const share = this.#shareOf(owner);
    if (type === 'omitted') share.isUsed = true;
    else share.bytes += line.length + 1;
  }

  #shareOf({ project, isLifecycle }: SharePart): Share {
    const key = `${isLifecycle} ${project}`;
    const present = this.#shares.get(key);
    if (present !== undefined) return present;
    const share = { project, bytes: 0, isUsed: false };
    this.#shares.set(key, share);
    return share;
  }
}

/** Gives the share that an event is of. */
export function shareOwner(event: NewEvent): ShareOwner {
  return ownerOf(event.project_id, event.by.kind, isLifecycleEvent(event));
}

function ownerOf(project: string | null, kind: string, isLifecycle: boolean): ShareOwner {
  return project === null || kind === 'operator' ? null : { project, isLifecycle };
}

function codeOf(line: Buffer): string | null {
  const unsealed = unseal(line.toString());
  const { reason_code } = ('value' in unsealed ? (unsealed.value ?? {}) : {}) as { readonly reason_code?: unknown };
  return typeof reason_code === 'string' ? reason_code : null;
}
