/**
 * The files of the event log: `<day>.jsonl`, then `<day>.1.jsonl` and so on once that is full. Their order is that of the IDs in them and
 * not that of their names: a clock that went back writes a new file for a day that came before.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OWN_FILE } from '../../../system/regular-file.ts';
import { isMissing, readError } from '../disk.ts';
import { firstId } from './event-lines.ts';

const FILE = /^(?<day>\d{4}-\d{2}-\d{2})(?:\.(?<part>[1-9]\d{0,8}))?\.jsonl$/;
/** IDs are microseconds since 1970, so that those of two processes hardly ever collide. */
export const IDS_PER_MS = 1000;

export interface EventFile {
  readonly name: string;
  readonly day: string;
  readonly part: number;
}

export class EventFiles {
  readonly #directory: string;
  /** The first ID of a file never changes. */
  readonly #firstIds = new Map<string, number>();

  /** Touches no file. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  pathOf({ name }: EventFile): string {
    return join(this.#directory, name);
  }

  /** Gives the files, the one with the oldest events first. Throws NOT_PERMITTED, STORE_UNREADABLE. */
  async inOrder(): Promise<readonly EventFile[]> {
    const files = await this.#list();
    const keyed = await Promise.all(files.map(async (file) => ({ file, first: await this.#firstIdOf(file) })));
    return keyed.toSorted((a, b) => a.first - b.first || compare(a.file, b.file)).map(({ file }) => file);
  }

  /** Gives the files that may have events after that ID, the oldest first. Two processes may write to two files at once. */
  async after(id: number): Promise<readonly EventFile[]> {
    const files = await this.inOrder();
    const later = files.findIndex((file) => (this.#firstIds.get(file.name) ?? 0) > id);
    const last = later < 0 ? files.length - 1 : later - 1;
    return files.slice(Math.max(0, last - 1));
  }

  /** Gives what `read` makes of a file; undefined when it was removed meanwhile. Throws NOT_PERMITTED, STORE_UNREADABLE. */
  async read<T>(file: EventFile, read: (handle: FileHandle) => Promise<T>): Promise<T | undefined> {
    const path = this.pathOf(file);
    try {
      const handle = await open(path, constants.O_RDONLY | OWN_FILE);
      try {
        return await read(handle);
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw readError(path, error);
    }
  }

  /** Gives the file to begin for a day: behind all that have events. */
  async next(day: string): Promise<EventFile> {
    const last = (await this.#list())
      .filter((file) => file.day === day)
      .toSorted(compare)
      .at(-1);
    if (last === undefined) return fileOf(day, 0);
    return (await this.read(last, firstId)) === undefined ? last : fileOf(day, last.part + 1);
  }

  /**
   * Removes files, the oldest first, until the day has at most that many bytes, but not its newest one. Gives true when it had more.
   * Throws the errors of the file system.
   */
  async cutDay(day: string, maxBytes: number): Promise<boolean> {
    const files = (await this.inOrder()).filter((file) => file.day === day);
    const sizes = await Promise.all(files.map(async (file) => (await stat(this.pathOf(file))).size));
    let total = sizes.reduce((sum, size) => sum + size, 0);
    let hasCut = false;
    for (const [index, file] of files.slice(0, -1).entries()) {
      if (total <= maxBytes) break;
      await this.#remove(file);
      total -= sizes[index] ?? 0;
      hasCut = true;
    }
    return hasCut;
  }

  /**
   * Removes the files of all but the newest days, besides the one that begins. Days are counted by their files: no look at a clock can
   * remove more than one.
   */
  async keepDays(count: number, beginning: string): Promise<void> {
    const files = (await this.inOrder()).filter(({ day }) => day !== beginning);
    const days = [...new Set(files.toReversed().map(({ day }) => day))].slice(0, count);
    for (const file of files) if (!days.includes(file.day)) await this.#remove(file);
  }

  async #remove(file: EventFile): Promise<void> {
    await rm(this.pathOf(file), { force: true });
    this.#firstIds.delete(file.name);
  }

  async #list(): Promise<readonly EventFile[]> {
    try {
      const names = new Set(await readdir(this.#directory));
      for (const name of this.#firstIds.keys()) if (!names.has(name)) this.#firstIds.delete(name);
      return [...names].flatMap(parseName);
    } catch (error) {
      if (isMissing(error)) return [];
      throw readError(this.#directory, error);
    }
  }

  /** A file without an event, such as one just created, is where its day is. */
  async #firstIdOf(file: EventFile): Promise<number> {
    const known = this.#firstIds.get(file.name);
    if (known !== undefined) return known;
    const first = await this.read(file, firstId);
    if (first !== undefined) this.#firstIds.set(file.name, first);
    return first ?? Date.parse(file.day) * IDS_PER_MS;
  }
}

function fileOf(day: string, part: number): EventFile {
  return { name: part === 0 ? `${day}.jsonl` : `${day}.${part}.jsonl`, day, part };
}

function parseName(name: string): EventFile[] {
  const { day, part } = FILE.exec(name)?.groups ?? {};
  return day === undefined ? [] : [{ name, day, part: Number(part ?? 0) }];
}

function compare(one: EventFile, other: EventFile): number {
  return one.day.localeCompare(other.day) || one.part - other.part;
}
