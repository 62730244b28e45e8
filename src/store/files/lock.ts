/**
 * One process writes to a state directory. The lock is the kernel's flock(2), which Node does not have: util-linux `flock`
 * locks our own open file, which it gets as descriptor 3. The lock belongs to the open file, not to the program that asked
 * for it: it stays when flock ends, goes when our process ends, however that ends, and needs no heartbeat. No other child
 * of ours inherits the file, because Node opens it close-on-exec. The file is never removed, so there is only one to lock.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import { praasError } from '../../core/errors/errors.ts';
import type { Exec } from '../../system/exec.ts';
import { writeError } from './disk.ts';
import { parseJson } from './json.ts';

export interface LockOptions {
  readonly path: string;
  readonly exec: Exec;
  readonly clock: Clock;
  /** What is being run, for whoever waits. */
  readonly command: string;
  /** 0 does not wait. */
  readonly timeoutSeconds: number;
}

const Holder = z.object({ pid: z.int(), command: z.string(), since: z.string() });
const CONFLICT = 1;
/** On top of the waiting time, for a loaded machine to start flock. */
const GRACE_SECONDS = 10;

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
    const handle = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600).catch((error: unknown) => {
      throw writeError(path, error);
    });
    try {
      await this.#flock(handle);
    } catch (error) {
      await handle.close();
      throw error;
    }
    this.#handle = handle;
    const { clock, command } = this.#options;
    await note(handle, `${JSON.stringify({ pid: process.pid, command, since: clock.now().toISOString() })}\n`);
  }

  /** Lets the next one in. Nothing to do when the lock is not held. */
  async release(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    if (handle === undefined) return;
    await note(handle, '');
    await handle.close();
  }

  async #flock(handle: FileHandle): Promise<void> {
    const { exec, path, timeoutSeconds } = this.#options;
    const { exitCode, stderr } = await exec({
      file: 'flock',
      args: ['--exclusive', '--timeout', String(timeoutSeconds), '3'],
      descriptors: [handle.fd],
      timeoutMs: (timeoutSeconds + GRACE_SECONDS) * 1000,
    });
    if (exitCode === 0) return;
    if (exitCode !== CONFLICT) throw praasError('STORE_FAILED', { path, reason: stderr.trim() });
    throw praasError('STORE_LOCKED', { path, holder: await holderOf(path), seconds: timeoutSeconds });
  }
}

/** Who holds the lock is only for people: a disk too full to note it does not stop the work. */
async function note(handle: FileHandle, text: string): Promise<void> {
  try {
    await handle.truncate(0);
    await handle.write(text, 0);
  } catch {
    // See above.
  }
}

async function holderOf(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const holder = Holder.safeParse(parseJson(text));
  if (!holder.success) return 'another process';
  const { command, pid, since } = holder.data;
  return `\`${command}\` (process ${pid}, since ${since})`;
}
