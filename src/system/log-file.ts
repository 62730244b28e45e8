/**
 * One log file that is appended to, and kept small by rotation: `x.log` is the newest, then `x1.log` and so on. Other processes may
 * rotate it, too: each write looks whether the file still has its name. Writes come one after the other, so none is lost to a
 * rotation; winston's own file loses lines when it rotates.
 */
import { closeSync, fchmodSync, fstatSync, lstatSync, mkdirSync, renameSync, write } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { openForAppending } from './regular-file.ts';

const MAX_BYTES = 10 * 1024 * 1024;
const KEPT_FILES = 5;
/** Whatever the umask says: administrators give a group access to the directory. */
const FILE_MODE = 0o640;

interface OpenFile {
  readonly descriptor: number;
  readonly inode: number;
}

export class LogFile extends Writable {
  readonly #directory: string;
  readonly #name: string;
  readonly #onFailure: (error: unknown) => void;
  #open: OpenFile | undefined;
  #isStale = false;
  #isFailing = false;

  /** Opened by the first write. `onFailure` hears of the first line that cannot be written, and of the next after one that could. */
  constructor(directory: string, name: string, onFailure: (error: unknown) => void) {
    super({ decodeStrings: true });
    this.#directory = directory;
    this.#name = name;
    this.#onFailure = onFailure;
  }

  /** The next write opens the file that has the name then. One that is under way needs the descriptor. */
  reopen(): void {
    this.#isStale = true;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    try {
      this.#append(this.#file(), chunk, done);
    } catch (error) {
      this.#fail(error, done);
    }
  }

  override _final(done: () => void): void {
    this.#close();
    done();
  }

  #append(file: OpenFile, rest: Buffer, done: () => void): void {
    write(file.descriptor, rest, (error, count) => {
      if (error !== null) return this.#fail(error, done);
      // A disk that gets full takes a part.
      if (count < rest.length) return this.#append(file, rest.subarray(count), done);
      this.#isFailing = false;
      done();
    });
  }

  #fail(error: unknown, done: () => void): void {
    if (!this.#isFailing) this.#onFailure(error);
    this.#isFailing = true;
    done();
  }

  /** The file to append to. Throws as node:fs does. */
  #file(): OpenFile {
    const path = this.#path(0);
    const present = lstatSync(path, { throwIfNoEntry: false });
    if (this.#isStale || present?.ino !== this.#open?.inode) this.#close();
    if ((present?.size ?? 0) >= MAX_BYTES) this.#rotate();
    this.#open ??= this.#openAt(path);
    return this.#open;
  }

  #openAt(path: string): OpenFile {
    mkdirSync(this.#directory, { recursive: true, mode: 0o750 });
    const isNew = lstatSync(path, { throwIfNoEntry: false }) === undefined;
    const descriptor = openForAppending(path, FILE_MODE);
    if (isNew) fchmodSync(descriptor, FILE_MODE);
    return { descriptor, inode: fstatSync(descriptor).ino };
  }

  #close(): void {
    if (this.#open !== undefined) closeSync(this.#open.descriptor);
    this.#open = undefined;
    this.#isStale = false;
  }

  #rotate(): void {
    this.#close();
    for (let age = KEPT_FILES - 1; age > 0; age--) {
      const younger = this.#path(age - 1);
      if (lstatSync(younger, { throwIfNoEntry: false }) !== undefined) renameSync(younger, this.#path(age));
    }
  }

  #path(age: number): string {
    return join(this.#directory, `${this.#name}${age === 0 ? '' : age}.log`);
  }
}
