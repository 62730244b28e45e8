/**
 * The file of a journal, for its one writer. It always ends with a whole line: a line that was written in part is cut off again, at
 * the latest before the next one. Cutting needs no free space, so a full disk cannot prevent a rollback. The file is created with its
 * first line in it, so that no crash leaves an empty one: an empty one has lost what it had.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory, writeAll } from '../../../system/disk.ts';
import { replaceFile } from '../replace-file.ts';

/** The end of the journal at some moment. */
export interface JournalEnd {
  readonly exists: boolean;
  readonly bytes: number;
}

export class JournalFile {
  readonly path: string;
  #end: JournalEnd;
  #isClean: boolean;
  #isSynced = true;
  #handle: FileHandle | undefined;

  /**
   * Takes the end of the last whole line, and whether the file ends there. A file of which no line counts does not exist: the next line
   * replaces it. Touches no file.
   */
  constructor(path: string, end: JournalEnd, isClean: boolean) {
    this.path = path;
    this.#end = end;
    this.#isClean = isClean;
  }

  get end(): JournalEnd {
    return this.#end;
  }

  /** False when a line could not be cut off after a failure: then the end of the file is unknown. */
  get isClean(): boolean {
    return this.#isClean;
  }

  /**
   * Adds a line; a durable one survives a power cut once this returns. Throws the errors of the file system; then the file ends as
   * before.
   */
  async append(line: string, isDurable: boolean): Promise<void> {
    const content = Buffer.from(`${line}\n`);
    const before = this.#end;
    try {
      if (before.exists) await this.#extend(content, isDurable);
      else await this.#create(content);
    } catch (error) {
      await this.cutTo(before).catch(() => undefined);
      throw error;
    }
    this.#end = { exists: true, bytes: before.bytes + content.length };
    this.#isClean = true;
  }

  /** Replaces all lines by this one, durably. Throws the errors of the file system; then the file is unchanged. */
  async restart(line: string): Promise<void> {
    const content = Buffer.from(`${line}\n`);
    await this.#create(content);
    this.#end = { exists: true, bytes: content.length };
    this.#isClean = true;
  }

  /** Makes all lines survive a power cut. Throws the errors of the file system. */
  async sync(): Promise<void> {
    if (this.#isSynced) return;
    await (await this.#open()).datasync();
    this.#isSynced = true;
  }

  /** Removes everything after the mark, durably. Needs no free space. Throws the errors of the file system. */
  async cutTo(mark: JournalEnd): Promise<void> {
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

  /** Closes the file; the next change opens it again. */
  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async #create(content: Buffer): Promise<void> {
    await this.close();
    await replaceFile(this.path, content);
    this.#isSynced = true;
  }

  async #extend(content: Buffer, isDurable: boolean): Promise<void> {
    const { bytes } = this.#end;
    const handle = await this.#open();
    if (!this.#isClean) await handle.truncate(bytes);
    this.#isClean = false;
    await writeAll(handle, content, bytes);
    if (isDurable) await handle.datasync();
    this.#isSynced = isDurable;
  }

  async #open(): Promise<FileHandle> {
    this.#handle ??= await open(this.path, constants.O_RDWR | constants.O_NOFOLLOW);
    return this.#handle;
  }
}
