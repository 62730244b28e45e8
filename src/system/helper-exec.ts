/**
 * An Exec whose programs are started by helpers. There are as many as are needed at the same time, so that a program that
 * hangs keeps only its own helper busy; it dies with its helper at the timeout. What a helper cannot take (open files, line
 * breaks in an argument) is started directly.
 */
import { access, mkdir, readdir, rm, unlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { praasError } from '../core/errors/errors.ts';
import type { NewId } from '../core/ids.ts';
import { type Command, type Exec, type ExecResult, type StartTalk, toolMissing, withParentExitKill } from './exec.ts';
import type { Framed } from './framing.ts';
import { Helper } from './helper.ts';

export interface HelperExecParts {
  /** For what a helper cannot take. */
  readonly direct: Exec;
  readonly startTalk: StartTalk;
  readonly newId: NewId;
  readonly timeoutMs: number;
  /** Where it begins; each process has one of its own, behind whose name its number stands. Parents are made. */
  readonly directory: string;
  /** This process. */
  readonly pid: number;
}

/** So many are kept when nobody has needed more for a while. */
const KEPT = 2;
const A_WHILE_MS = 5000;
/** More programs at the same time wait in line. */
const MOST = 24;
/** Inputs up to this size are kept for the next time: the same questions come again and again. */
const SMALL_INPUT = 200;
/** The shell's own, beginning with its name, when it finds no such program. */
const NOT_FOUND = /^sh: .*not found$/m;
const COMMAND_NOT_FOUND = 127;
const KILLED_BY_SIGNAL = 128;

export class HelperExec {
  readonly #parts: HelperExecParts;
  readonly #idle: Helper[] = [];
  readonly #all = new Set<Helper>();
  readonly #line: (() => void)[] = [];
  readonly #smallInputs = new Map<string, Promise<string>>();
  #resting: NodeJS.Timeout | undefined;
  readonly #directory: string;
  #made: Promise<void> | undefined;
  #count = 0;
  #files = 0;
  #isStopped = false;

  constructor(parts: HelperExecParts) {
    this.#parts = parts;
    this.#directory = `${parts.directory}-${parts.pid}`;
  }

  readonly exec: Exec = async (command) => {
    const words: Pick<Command, 'file' | 'args'> = command.killOnParentExit ? withParentExitKill(command) : command;
    const all = [words.file, ...words.args];
    if (this.#isStopped || command.descriptors || all.some((word) => /[\n\0]/.test(word))) {
      return this.#parts.direct(command);
    }
    try {
      const result = await this.#ask(command, all);
      if (result.exitCode === 0 || (await this.#isThere())) return result;
    } catch (error) {
      if (await this.#isThere()) throw error;
    }
    // Somebody has cleared it away, and no helper can say what its programs say.
    await this.#beginAnew();
    return this.#ask(command, all);
  };

  async #ask(command: Command, all: readonly string[]): Promise<ExecResult> {
    this.#made ??= this.#makeDirectory().catch((error: unknown) => {
      this.#made = undefined;
      throw writeFailure(this.#directory, error);
    });
    await this.#made;
    const { input } = command;
    if (input === undefined) return this.#run(command, '/dev/null', all);
    if (input.length <= SMALL_INPUT) return this.#run(command, await this.#kept(input), all);
    const inputPath = await this.#write(input);
    try {
      return await this.#run(command, inputPath, all);
    } finally {
      await unlink(inputPath).catch(() => undefined);
    }
  }

  /** Ends all helpers, and what they run. Whatever is asked for later is started directly. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#resting);
    for (const next of this.#line.splice(0)) next();
    await Promise.all([...this.#all].map((helper) => helper.kill()));
    if (this.#made) await rm(this.#directory, { recursive: true, force: true });
  }

  async #beginAnew(): Promise<void> {
    this.#made = undefined;
    this.#smallInputs.clear();
    const idle = this.#idle.splice(0);
    for (const helper of idle) this.#forget(helper);
    await Promise.all(idle.map((helper) => helper.kill()));
  }

  async #isThere(): Promise<boolean> {
    if (this.#made === undefined) return true;
    return access(this.#directory).then(
      () => true,
      () => false,
    );
  }

  async #run(command: Command, inputPath: string, words: readonly string[]): Promise<ExecResult> {
    const helper = await this.#take();
    if (helper === undefined) return this.#parts.direct(command);
    const timeoutMs = command.timeoutMs ?? this.#parts.timeoutMs;
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      void helper.kill();
    }, timeoutMs);
    const framed = await helper.run(inputPath, words);
    clearTimeout(timer);
    this.#giveBack(helper);
    if (isLate) {
      const text = [command.file, ...command.args].join(' ');
      throw praasError('TOOL_TIMEOUT', { command: text, seconds: timeoutMs / 1000 });
    }
    return resultOf(command, framed);
  }

  async #take(): Promise<Helper | undefined> {
    while (!this.#isStopped) {
      const idle = this.#idle.pop();
      if (idle?.isAlive) return idle;
      if (idle) {
        this.#forget(idle);
        continue;
      }
      if (this.#count < MOST) return this.#start();
      await new Promise<void>((resolve) => {
        this.#line.push(resolve);
      });
    }
    return undefined;
  }

  async #start(): Promise<Helper> {
    this.#count++;
    try {
      const { startTalk, newId } = this.#parts;
      const helper = await Helper.start(startTalk, newId(), join(this.#directory, `said-${this.#files++}`));
      this.#all.add(helper);
      return helper;
    } catch (error) {
      this.#count--;
      throw error;
    }
  }

  #giveBack(helper: Helper): void {
    if (helper.isAlive) this.#idle.push(helper);
    else this.#forget(helper);
    this.#line.shift()?.();
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => this.#rest(), A_WHILE_MS).unref();
  }

  /** Ends the helpers that nobody has needed. */
  #rest(): void {
    for (const helper of this.#idle.splice(KEPT)) {
      this.#forget(helper);
      void helper.kill();
    }
  }

  #forget(helper: Helper): void {
    if (this.#all.delete(helper)) this.#count--;
  }

  async #makeDirectory(): Promise<void> {
    const parent = dirname(this.#directory);
    await mkdir(parent, { recursive: true });
    await this.#clearAway(parent);
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
  }

  /** What killed daemons left; others that run here keep theirs. */
  async #clearAway(parent: string): Promise<void> {
    const begin = `${basename(this.#parts.directory)}-`;
    for (const name of await readdir(parent)) {
      const pid = name.startsWith(begin) ? Number(name.slice(begin.length)) : Number.NaN;
      if (Number.isInteger(pid) && (pid === this.#parts.pid || !isRunning(pid)))
        await rm(join(parent, name), { recursive: true, force: true });
    }
  }

  #kept(text: string): Promise<string> {
    const present = this.#smallInputs.get(text);
    if (present) return present;
    const written = this.#write(text);
    this.#smallInputs.set(text, written);
    // The next one tries again.
    written.catch(() => this.#smallInputs.delete(text));
    return written;
  }

  async #write(text: string): Promise<string> {
    const path = join(this.#directory, `input-${this.#files++}`);
    try {
      await writeFile(path, text, { mode: 0o600 });
    } catch (error) {
      throw writeFailure(path, error);
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

function writeFailure(path: string, error: unknown): Error {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return praasError('STORE_FULL', { path }, error);
  return praasError('STORE_FAILED', { path, reason: message }, error);
}

function resultOf({ file }: Command, framed: Framed | undefined): ExecResult {
  if (framed === undefined || framed.exitCode > KILLED_BY_SIGNAL) {
    const exitCode = framed?.exitCode ?? KILLED_BY_SIGNAL;
    throw praasError('TOOL_FAILED', { command: file, exit_code: exitCode, output: framed?.stderr || 'it was killed' });
  }
  if (framed.exitCode === COMMAND_NOT_FOUND && NOT_FOUND.test(framed.stderr)) throw toolMissing(file);
  return framed;
}
