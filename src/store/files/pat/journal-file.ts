/**
 * The journal's file, for its one writer. It always ends behind a whole line: what fails half way is cut off again, at the
 * latest before the next line. Cutting needs no free space, so that a full disk cannot stop anybody from taking back.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from '../disk.ts';

/** Where the journal ended at some moment. */
export interface Mark {
  readonly exists: boolean;
  readonly bytes: number;
}

export class JournalFile {
  readonly path: string;
  #end: Mark;
  #isClean: boolean;
  #isSynced = true;
  #handle: FileHandle | undefined;

  /** `end` is the end of the last whole line, `is_clean` says that nothing torn follows it. Touches no file. */
  constructor(path: string, end: Mark, isClean: boolean) {
    this.path = path;
    this.#end = end;
    this.#isClean = isClean;
  }

  get end(): Mark {
    return this.#end;
  }

  /** False when the last failure could not even be cut off: then nobody knows what the file ends with. */
  get isClean(): boolean {
    return this.#isClean;
  }

  /**
   * Adds a line; with `durable` it survives a power cut before this returns. Throws the file system's errors; then the
   * file ends as before.
   */
  async append(line: string, durable: boolean): Promise<void> {
    const content = Buffer.from(`${line}\n`);
    const before = this.#end;
    try {
      const handle = await this.#open();
      if (!this.#isClean) await handle.truncate(before.bytes);
      this.#isClean = false;
      await writeAll(handle, content, before.bytes);
      if (durable) await handle.datasync();
      this.#isSynced = durable;
    } catch (error) {
      await this.cutTo(before).catch(() => undefined);
      throw error;
    }
    this.#end = { exists: true, bytes: before.bytes + content.length };
    this.#isClean = true;
  }

  /** Makes every line so far survive a power cut. Throws the file system's errors. */
  async sync(): Promise<void> {
    if (this.#isSynced) return;
    await (await this.#open()).datasync();
    this.#isSynced = true;
  }

  /** Takes back everything behind the mark, durably. Needs no free space. Throws the file system's errors. */
  async cutTo(mark: Mark): Promise<void> {
    this.#end = mark;
    this.#isClean = false;
    if (mark.exists) {
      const handle = await this.#open();
      await handle.truncate(mark.bytes);
      await handle.sync();
    } else {
      await this.close();
      await rm(this.path, { force: true });
      await syncDirectory(dirname(this.path));
    }
    this.#isClean = true;
  }

  /** Lets go of the file; the next change opens it again. */
  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async #open(): Promise<FileHandle> {
    if (this.#handle) return this.#handle;
    const flags = constants.O_RDWR | (this.#end.exists ? 0 : constants.O_CREAT);
    const handle = await open(this.path, flags, 0o600);
    this.#handle = handle;
    if (!this.#end.exists) await syncDirectory(dirname(this.path));
    return handle;
  }
}

/** A disk that fills up takes a part of a write without an error; asking for the rest brings it. */
async function writeAll(handle: FileHandle, content: Buffer, position: number): Promise<void> {
  for (let done = 0; done < content.length; ) {
    const { bytesWritten } = await handle.write(content, done, content.length - done, position + done);
    done += bytesWritten;
  }
}
