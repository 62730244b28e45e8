/**
 * The names in a directory, read again only when it has changed: asking is one `stat`, however many names there are. A directory that
 * changed within the last second is read each time, because a second change may leave it with the same time.
 */
import { readdir, stat } from 'node:fs/promises';
import type { Clock } from '../core/clock.ts';
import { systemClock } from './clock.ts';

/** File systems have times that are exact to some milliseconds; some network file systems to a second. */
const SETTLED_MS = 1000;

export class DirectoryNames<T> {
  readonly #path: string;
  readonly #parse: (names: readonly string[]) => T;
  readonly #clock: Clock;
  #last: { readonly identity: string; readonly value: T } | undefined;

  /** `parse` makes of the names what `read` gives. */
  constructor(path: string, parse: (names: readonly string[]) => T, clock: Clock = systemClock) {
    this.#path = path;
    this.#parse = parse;
    this.#clock = clock;
  }

  /** Throws the errors of the file system. */
  async read(): Promise<T> {
    const { dev, ino, mtimeNs, mtimeMs } = await stat(this.#path, { bigint: true });
    const identity = `${dev} ${ino} ${mtimeNs}`;
    if (this.#last?.identity === identity) return this.#last.value;
    const isSettled = Math.abs(this.#clock.now().getTime() - Number(mtimeMs)) > SETTLED_MS;
    const value = this.#parse(await readdir(this.#path));
    this.#last = isSettled ? { identity, value } : undefined;
    return value;
  }
}
