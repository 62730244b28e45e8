/**
 * Space on the disk that is kept for what must work when there is no other: a file of zeros, of which a part is given up at a time. While
 * it is not whole nothing else may grow, so that others do not use what was given up.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Queue } from '../../core/queue.ts';
import { writeAll } from '../../system/disk.ts';

const MAX_BYTES = 1024 * 1024;
/** Of a small file system at most this share. */
const SHARE = 1 / 16;
const STEP_BYTES = 64 * 1024;
const OPEN = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;

export class Reserve {
  readonly #path: string;
  readonly #queue = new Queue();
  #isWhole = false;

  /** Its directory must exist when it is filled. Touches no file. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Makes it whole where it is not. Throws the errors of the file system; then it is as it was. */
  async fill(): Promise<void> {
    if (this.#isWhole) return;
    await this.#queue.run(() => this.#open((handle) => this.#fill(handle)));
  }

  /** Gives a part of it up. False when nothing is left, or it cannot be cut. */
  giveUp(): Promise<boolean> {
    this.#isWhole = false;
    return this.#queue.run(() =>
      this.#open(async (handle) => {
        const { size } = await handle.stat();
        await handle.truncate(Math.max(0, size - STEP_BYTES));
        return size > 0;
      }).catch(() => false),
    );
  }

  async #fill(handle: FileHandle): Promise<void> {
    const { size } = await handle.stat();
    const { blocks, bsize } = await statfs(dirname(this.#path));
    const target = Math.min(MAX_BYTES, Math.floor(blocks * bsize * SHARE));
    try {
      await writeAll(handle, Buffer.alloc(Math.max(0, target - size)), size);
    } catch (error) {
      await handle.truncate(size);
      throw error;
    }
    this.#isWhole = true;
  }

  async #open<T>(work: (handle: FileHandle) => Promise<T>): Promise<T> {
    const handle = await open(this.#path, OPEN, 0o600);
    try {
      return await work(handle);
    } finally {
      await handle.close();
    }
  }
}
