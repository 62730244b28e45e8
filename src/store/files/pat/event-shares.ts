/**
 * How much of a day each project has written to the event log: one project must not push out the events of the others. It is counted
 * from the files, so that it holds after a restart; another process is counted when it appended to the same file, or a file is full. What an operator does, and what belongs to no project, has
 * no share.
 */
import { type EventFile, type EventFiles } from './event-files.ts';
import { blocksForward, linesOf } from './event-lines.ts';

/** Whose share an event is of; null: it has none. */
export type ShareOwner = string | null;

/** `last`: it is the first that is left out, and the log says so instead. */
type Admission = 'stored' | 'last' | 'left out';

interface Share {
  bytes: number;
  isUsed: boolean;
}

/** The beginning of the line of an event: no field of it is free text. */
const HEAD =
  /^\{"id":\d+,"at":"[^"]*","type":"(?<type>[a-z]+)","mapping_id":"[^"]*","router_id":"[^"]*","project_id":(?<project>null|"(?:[^"\\]|\\.)*"),"by":\{"kind":"(?<kind>[a-z]+)"/;
const HEAD_BYTES = 2048;

export class EventShares {
  readonly #files: EventFiles;
  #day = '';
  /** How far each file of the day is counted. */
  readonly #counted = new Map<string, number>();
  readonly #shares = new Map<string, Share>();

  /** Touches no file. */
  constructor(files: EventFiles) {
    this.#files = files;
  }

  /** How many projects have used up their share of the day. */
  get usedUp(): number {
    return [...this.#shares.values()].filter(({ isUsed }) => isUsed).length;
  }

  /** Counts what the files of the day have, as far as it is not counted yet. Throws NOT_PERMITTED, STORE_UNREADABLE. */
  async count(day: string): Promise<void> {
    if (day !== this.#day) {
      this.#day = day;
      this.#counted.clear();
      this.#shares.clear();
    }
    for (const file of await this.#files.inOrder()) if (file.day === day) await this.#countFile(file);
  }

  /** Takes what was appended to a file that is counted up to there. */
  appended({ name }: EventFile, bytes: number): void {
    this.#counted.set(name, (this.#counted.get(name) ?? 0) + bytes);
  }

  /** Decides on one more event, and counts it where it is stored. */
  admit(owner: ShareOwner, bytes: number, maxBytes: number): Admission {
    if (owner === null) return 'stored';
    const share = this.#shareOf(owner);
    if (share.isUsed) return 'left out';
    if (share.bytes + bytes > maxBytes) {
      share.isUsed = true;
      return 'last';
    }
    share.bytes += bytes;
    return 'stored';
  }

  async #countFile(file: EventFile): Promise<void> {
    await this.#files.read(file, async (handle) => {
      let at = this.#counted.get(file.name) ?? 0;
      for await (const block of blocksForward(handle, at)) {
        for (const line of linesOf(block)) this.#countLine(line);
        at += block.length;
      }
      this.#counted.set(file.name, at);
    });
  }

  #countLine(line: Buffer): void {
    const { type, project, kind } = HEAD.exec(line.toString('utf8', 0, HEAD_BYTES))?.groups ?? {};
    if (project === undefined) return;
    const owner = shareOwner(JSON.parse(project) as string | null, kind ?? '');
    if (owner === null) return;
    const share = this.#shareOf(owner);
    if (type === 'omitted') share.isUsed = true;
    else share.bytes += line.length + 1;
  }

  #shareOf(owner: string): Share {
    const present = this.#shares.get(owner);
    if (present !== undefined) return present;
    const share = { bytes: 0, isUsed: false };
    this.#shares.set(owner, share);
    return share;
  }
}

/** Takes the project of an event and the kind of requester that caused it. */
export function shareOwner(projectId: string | null, kind: string): ShareOwner {
  return kind === 'operator' ? null : projectId;
}
