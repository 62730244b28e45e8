/**
 * An Exec whose programs are started by helpers. There are as many helpers as programs run at the same time, so that a program that
 * hangs blocks only its own helper; it is killed with its helper at the timeout. Commands that a helper cannot run (open files, line
 * breaks in an argument) are started directly. Programs of changes, programs that only read, and probes, which wait for somebody else's
 * server, have places of their own: however many are asked for, and however long they take, a change never waits for a read, nor a read
 * for a probe.
 */
import { mkdir, readdir, rm, unlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { NewId } from '../core/ids.ts';
import { Places } from '../core/places.ts';
import { writeError } from './disk.ts';
import { type Command, type Exec, type ExecResult, type StartPiped, withParentExitKill } from './exec.ts';
import type { HelperResult } from './framing.ts';
import { Helper } from './helper.ts';
import { pathExists } from './path-exists.ts';
import { COMMAND_NOT_FOUND, KILLED_BY_SIGNAL, toolFailed, toolMissing, toolTimedOut } from './tool-errors.ts';

interface HelperExecParts {
  /** For commands that a helper cannot run. */
  readonly direct: Exec;
  readonly startPiped: StartPiped;
  readonly newId: NewId;
  readonly timeoutMs: number;
  /** The path of the directory of each process, without the `-` and process ID at its end. Parents are created. */
  readonly directory: string;
  /** The ID of this process. */
  readonly pid: number;
}

/** How many idle helpers are kept when no more were needed for IDLE_MS. */
const IDLE_HELPERS = 2;
const IDLE_MS = 5000;
/** Programs that run at the same time for changes and for reconciliation; further ones wait. */
const CHANGES = 24;
/** The same for reads. */
const READS = 8;
/** The same for probes, which take seconds and no processor. */
const PROBES = 16;
/** The files of inputs up to this size are kept: the same small inputs are given again and again. */
const SMALL_INPUT_LENGTH = 200;
/** What the shell prints when a program is not installed. */
const NOT_FOUND = /^sh: .*not found$/m;

export class HelperExec {
  readonly #parts: HelperExecParts;
  readonly #idle: Helper[] = [];
  readonly #all = new Set<Helper>();
  readonly #changes = new Places(CHANGES);
  readonly #reads = new Places(READS);
  readonly #probes = new Places(PROBES);
  readonly #smallInputs = new Map<string, Promise<string>>();
  #idleTimer: NodeJS.Timeout | undefined;
  readonly #directory: string;
  #created: Promise<void> | undefined;
  #fileCount = 0;
  #isStopped = false;

  constructor(parts: HelperExecParts) {
    this.#parts = parts;
    this.#directory = `${parts.directory}-${parts.pid}`;
  }

  /** For programs of changes and reconciliation. */
  readonly exec: Exec = (command) => this.#changes.run(() => this.#execute(command));

  /** For programs that only read, which may wait. */
  readonly reads: Exec = (command) => this.#reads.run(() => this.#execute(command));

  /** For programs that wait for the response of a server. */
  readonly probes: Exec = (command) => this.#probes.run(() => this.#execute(command));

  async #execute(command: Command): Promise<ExecResult> {
    const words: Pick<Command, 'file' | 'args'> = command.killOnParentExit ? withParentExitKill(command) : command;
    const all = [words.file, ...words.args];
    if (this.#isStopped || command.descriptors || all.some((word) => /[\n\0]/.test(word))) {
      return this.#parts.direct(command);
    }
    const created = this.#directoryCreated();
    try {
      const result = await this.#runWithInput(command, all);
      if (result.exitCode === 0 || !(await this.#hasLost(created))) return result;
    } catch (error) {
      if (!(await this.#hasLost(created))) throw error;
    }
    // The directory was removed from outside, and no helper can read the stderr of its programs.
    await this.#forget(created);
    return this.#runWithInput(command, all);
  }

  async #runWithInput(command: Command, all: readonly string[]): Promise<ExecResult> {
    await this.#directoryCreated();
    const { input } = command;
    if (input === undefined) return this.#run(command, '/dev/null', all);
    if (input.length <= SMALL_INPUT_LENGTH) return this.#run(command, await this.#smallInput(input), all);
    const inputPath = await this.#write(input);
    try {
      return await this.#run(command, inputPath, all);
    } finally {
      await unlink(inputPath).catch(() => undefined);
    }
  }

  /** Kills all helpers and their programs. Later commands are started directly. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#idleTimer);
    for (const places of [this.#changes, this.#reads, this.#probes]) places.letIn();
    await Promise.all([...this.#all].map((helper) => helper.kill()));
    if (this.#created) await rm(this.#directory, { recursive: true, force: true });
  }

  /** Rejects where it cannot be; the next call tries again. */
  #directoryCreated(): Promise<void> {
    this.#created ??= this.#createDirectory().catch((error: unknown) => {
      this.#created = undefined;
      throw writeError(this.#directory, error);
    });
    return this.#created;
  }

  /** Drops the helpers and files of a directory that was removed, unless another command has done so. */
  async #forget(created: Promise<void>): Promise<void> {
    if (this.#created !== created) return;
    this.#created = undefined;
    this.#smallInputs.clear();
    const idle = this.#idle.splice(0);
    for (const helper of idle) this.#all.delete(helper);
    await Promise.all(idle.map((helper) => helper.kill()));
  }

  /** True for a directory that was created, and is no longer the one in use, or no longer there. */
  async #hasLost(created: Promise<void>): Promise<boolean> {
    const wasThere = await created.then(
      () => true,
      () => false,
    );
    return wasThere && (this.#created !== created || !(await pathExists(this.#directory)));
  }

  async #run(command: Command, inputPath: string, words: readonly string[]): Promise<ExecResult> {
    const helper = await this.#acquireHelper();
    if (helper === undefined) return this.#parts.direct(command);
    const timeoutMs = command.timeoutMs ?? this.#parts.timeoutMs;
    let isTimedOut = false;
    const timer = setTimeout(() => {
      isTimedOut = true;
      void helper.kill();
    }, timeoutMs);
    const result = await helper.run(inputPath, words);
    clearTimeout(timer);
    this.#releaseHelper(helper);
    if (isTimedOut) throw toolTimedOut(command, timeoutMs);
    return toResult(command, result);
  }

  async #acquireHelper(): Promise<Helper | undefined> {
    while (!this.#isStopped) {
      const idle = this.#idle.pop();
      if (idle === undefined) return this.#start();
      if (idle.isAlive) return idle;
      this.#all.delete(idle);
    }
    return undefined;
  }

  async #start(): Promise<Helper> {
    const { startPiped, newId } = this.#parts;
    const helper = await Helper.start(startPiped, newId(), join(this.#directory, `stderr-${this.#fileCount++}`));
    this.#all.add(helper);
    return helper;
  }

  #releaseHelper(helper: Helper): void {
    if (helper.isAlive) this.#idle.push(helper);
    else this.#all.delete(helper);
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => this.#killIdle(), IDLE_MS).unref();
  }

  /** Kills the helpers that were not needed. */
  #killIdle(): void {
    for (const helper of this.#idle.splice(IDLE_HELPERS)) {
      this.#all.delete(helper);
      void helper.kill();
    }
  }

  async #createDirectory(): Promise<void> {
    const parent = dirname(this.#directory);
    await mkdir(parent, { recursive: true });
    await this.#removeLeftovers(parent);
    // Not recursive, and files in it are new: nobody else's directory or file is taken for ours.
    await mkdir(this.#directory, { mode: 0o700 });
  }

  /** Removes the directories of processes that were killed; running processes keep theirs. */
  async #removeLeftovers(parent: string): Promise<void> {
    const prefix = `${basename(this.#parts.directory)}-`;
    for (const name of await readdir(parent)) {
      const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : Number.NaN;
      if (Number.isInteger(pid) && (pid === this.#parts.pid || !isRunning(pid)))
        await rm(join(parent, name), { recursive: true, force: true });
    }
  }

  #smallInput(text: string): Promise<string> {
    const present = this.#smallInputs.get(text);
    if (present) return present;
    const written = this.#write(text);
    this.#smallInputs.set(text, written);
    // The next call tries again.
    written.catch(() => this.#smallInputs.delete(text));
    return written;
  }

  async #write(text: string): Promise<string> {
    const path = join(this.#directory, `input-${this.#fileCount++}`);
    try {
      await writeFile(path, text, { mode: 0o600, flag: 'wx' });
    } catch (error) {
      throw writeError(path, error);
    }
    return path;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Throws as Exec does. */
function toResult({ file }: Command, result: HelperResult | undefined): ExecResult {
  if (result === undefined || result.exitCode > KILLED_BY_SIGNAL) {
    throw toolFailed(file, { exitCode: result?.exitCode ?? KILLED_BY_SIGNAL, stderr: result?.stderr || 'killed' });
  }
  if (result.exitCode === COMMAND_NOT_FOUND && NOT_FOUND.test(result.stderr)) throw toolMissing(file);
  return result;
}
