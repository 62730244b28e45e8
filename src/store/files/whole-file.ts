/**
 * A small file that is replaced as a whole, and never overwritten when it is damaged. Any number of processes read it; writers are
 * serialised by the lock beside it.
 */
import { basename, dirname } from 'node:path';
import { Queue } from '../../core/queue.ts';
import { writeError } from '../../system/disk.ts';
import { type ContentRules, readContent } from './content.ts';
import { fingerprint, readOwnIfExists } from './disk.ts';
import { type LockOptions, StateLock } from './lock.ts';
import { removeLeftovers, replaceFile } from './replace-file.ts';
import { seal } from './seal.ts';

export interface WholeFileOptions extends Pick<LockOptions, 'exec' | 'clock' | 'command'> {
  readonly lockTimeoutSeconds: number;
}

export class WholeFile<C> {
  readonly #rules: ContentRules<C>;
  readonly #makeDirectory: (path: string) => Promise<void>;
  readonly #lock: StateLock;
  readonly #queue = new Queue();

  /** `makeDirectory` creates the directory of the file where it is missing. Touches no file. */
  constructor(
    rules: ContentRules<C>,
    { lockTimeoutSeconds: timeoutSeconds, exec, clock, command }: WholeFileOptions,
    makeDirectory: (path: string) => Promise<void>,
  ) {
    this.#rules = rules;
    this.#makeDirectory = makeDirectory;
    this.#lock = new StateLock({ path: `${rules.path}.lock`, exec, clock, command, timeoutSeconds });
  }

  /** Gives a text that changes whenever the file does. */
  fingerprint(): Promise<string> {
    return fingerprint(this.#rules.path);
  }

  /** Gives undefined when the file does not exist. Throws as readContent does, NOT_PERMITTED, STORE_UNREADABLE. */
  async read(): Promise<C | undefined> {
    const content = await readOwnIfExists(this.#rules.path);
    return content && readContent(content.toString(), this.#rules).content;
  }

  /** Replaces the content by what `change` makes of it, and gives its value. Throws as `read`, StateLock and writeError do. */
  update<T>(change: (content: C | undefined) => { readonly content: C; readonly value: T }): Promise<T> {
    return this.#queue.run(() => this.#locked(() => this.#change(change)));
  }

  async #change<T>(change: (content: C | undefined) => { readonly content: C; readonly value: T }): Promise<T> {
    const { path, schema } = this.#rules;
    await removeLeftovers(dirname(path), basename(path));
    const { content, value } = change(await this.read());
    // Nothing that `read` would reject is written.
    await replaceFile(path, Buffer.from(`${seal(JSON.stringify(schema.parse(content), undefined, 2))}\n`));
    return value;
  }

  async #locked<T>(work: () => Promise<T>): Promise<T> {
    const { path } = this.#rules;
    try {
      await this.#makeDirectory(dirname(path));
      await this.#lock.acquire();
      return await work();
    } catch (error) {
      throw writeError(path, error);
    } finally {
      await this.#lock.release();
    }
  }
}
