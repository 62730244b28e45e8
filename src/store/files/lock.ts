/**
 * A lock between processes. It is flock(2) of the kernel, so it is released when our process ends, however it ends, and needs no
 * heartbeat. No other child of ours inherits the file, because Node opens it close-on-exec. The file is never removed, so that all
 * processes lock the same one. A link in its place is not followed: what it names would be cut.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import { praasError } from '../../core/errors/errors.ts';
import { parseJson } from '../../core/values/json.ts';
import { writeError } from '../../system/disk.ts';
import type { Exec } from '../../system/exec.ts';
import { flock } from '../../system/flock.ts';

export interface LockOptions {
  readonly path: string;
  readonly exec: Exec;
  readonly clock: Clock;
  /** The command that runs, for the message of processes that wait. */
  readonly command: string;
  /** How long to wait; 0: not at all. */
  readonly timeoutSeconds: number;
}

const LockHolder = z.object({ pid: z.int(), command: z.string(), since: z.string() });

export class StateLock {
  readonly #options: LockOptions;
  #handle: FileHandle | undefined;

  constructor(options: LockOptions) {
    this.#options = options;
  }

  /**
   * Waits for the lock. Its directory must exist.
   * Throws STORE_LOCKED naming the holder, STORE_FULL, STORE_FAILED, NOT_PERMITTED, TOOL_MISSING.
   */
  async acquire(): Promise<void> {
    const { path } = this.#options;
    const handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600).catch(
      (error: unknown) => {
        throw writeError(path, error);
      },
    );
    try {
      await this.#flock(handle);
    } catch (error) {
      await handle.close();
      throw error;
    }
    this.#handle = handle;
    const { clock, command } = this.#options;
    await writeHolder(handle, `${JSON.stringify({ pid: process.pid, command, since: clock.now().toISOString() })}\n`);
  }

  /** Releases the lock. Does nothing when the lock is not held. */
  async release(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    if (handle === undefined) return;
    await writeHolder(handle, '');
    await handle.close();
  }

  async #flock(handle: FileHandle): Promise<void> {
    const { exec, path, timeoutSeconds } = this.#options;
    if (await flock(exec, path, handle.fd, timeoutSeconds)) return;
    throw praasError('STORE_LOCKED', { path, holder: await readHolder(path), seconds: timeoutSeconds });
  }
}

/** The holder is written only for the messages of others, so a failure, such as a full disk, does not stop the work. */
async function writeHolder(handle: FileHandle, text: string): Promise<void> {
  try {
    await handle.truncate(0);
    await handle.write(text, 0);
  } catch {
    // The lock is held all the same.
  }
}

async function readHolder(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const holder = LockHolder.safeParse(parseJson(text));
  if (!holder.success) return 'another process';
  const { command, pid, since } = holder.data;
  return `\`${command}\` (process ${pid}, since ${since})`;
}
