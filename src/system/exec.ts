/**
 * The only door to other programs. No shell is used: a program and its arguments are given, never one text; a script is given on
 * stdin. Programs are searched on the PATH of the environment that is given (program-environment.ts). Each program ends by itself, or is killed at the timeout. Output is English (LC_ALL=C), so that it can be parsed.
 */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import type { Options } from 'execa';
import { KILLED_BY_SIGNAL, toolFailed, toolMissing, toolTimedOut } from './tool-errors.ts';

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** The stdin of the program; empty when left out. */
  readonly input?: string;
  /** Overrides the runner's default. */
  readonly timeoutMs?: number;
  /**
   * Kills the program when this process ends, however it ends. For programs that change something: otherwise they could undo a
   * later change of the process that comes after us.
   */
  readonly killOnParentExit?: boolean;
  /** Open file descriptors that the program inherits as 3, 4, … */
  readonly descriptors?: readonly number[];
}

/** The result of a program that was started and ended by itself. */
export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end. A non-zero exit code is a result, not an error.
 * Throws TOOL_MISSING when the program is not installed, TOOL_TIMEOUT after killing it, TOOL_FAILED when it could not be started or
 * was killed by another process.
 */
export type Exec = (command: Command) => Promise<ExecResult>;

/** The rules of a large node are 25 MB of text; the same listing as JSON is several times larger. */
const MAX_OUTPUT_BYTES = 1024 * 1024 * 1024;

/**
 * Gives a runner whose programs are killed after `timeoutMs` unless their command has a timeout of its own. With `abortSignal` the
 * terminal's Ctrl-C does not reach them: when it aborts, they are killed, no new ones start, and its reason is thrown.
 */
export function createExec(timeoutMs: number, env: NodeJS.ProcessEnv, abortSignal?: AbortSignal): Exec {
  const common = commonOptions(env);
  return async (command) => {
    abortSignal?.throwIfAborted();
    const { execa } = await import('execa');
    const { input, descriptors = [], timeoutMs: timeout = timeoutMs } = command;
    const options = {
      ...common,
      ...(input !== undefined && { input }),
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', ...descriptors],
      timeout,
      maxBuffer: MAX_OUTPUT_BYTES,
      ...(abortSignal !== undefined && { cancelSignal: abortSignal, detached: true }),
    } as const;
    const { file, args } = command.killOnParentExit ? withParentExitKill(command) : command;
    const program = execa(file, args, options as Options);
    // Children of a killed wrapper would keep its output open, and this call waiting.
    const killing = abortSignal && setTimeout(() => killGroup(program.pid), timeout);
    const result = await program;
    clearTimeout(killing);
    if (result.isCanceled) abortSignal?.throwIfAborted();
    return toResult(command, result as ProcessEnd, timeout);
  };
}

/** Kills a program that leads a process group (`detached`), and its children. */
function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // The program has just ended.
  }
}

/** A program that runs until it ends by itself or is killed. */
export interface RunningProcess {
  /** Gives each line as it arrives, with its line break; the rest of the output at the end of the program has none. */
  lines(from: 'stdout' | 'stderr'): AsyncIterable<string>;
  /** How the program ended, without its output; rejects as Exec does. */
  readonly result: Promise<ExecResult>;
}

/** Starts a program and gives it while it runs. Rejects when `abortSignal` has aborted before. */
type StartProcess = (command: Pick<Command, 'file' | 'args'>, abortSignal: AbortSignal) => Promise<RunningProcess>;

/**
 * Gives a starter of programs whose output is read while they run. They are killed when `abortSignal` aborts and when this process
 * ends; the terminal's Ctrl-C does not reach them.
 */
export function createStart(env: NodeJS.ProcessEnv): StartProcess {
  const common = commonOptions(env);
  return async (command, abortSignal) => {
    const { execa } = await import('execa');
    abortSignal.throwIfAborted();
    const stdio = ['ignore', 'pipe', 'pipe'] as const;
    const { file, args } = withParentExitKill(command);
    const program = execa(file, args, { ...common, stdio, buffer: false, cancelSignal: abortSignal, detached: true });
    const result = program.then((ended) => {
      if (ended.isCanceled) abortSignal.throwIfAborted();
      return toResult(
        { ...command, killOnParentExit: true },
        { ...(ended as unknown as ProcessEnd), stdout: '', stderr: '' },
        0,
      );
    });
    return { lines: (from) => program.iterable({ from, preserveNewlines: true }), result };
  };
}

/** A program with which this process exchanges data while it runs. */
export interface PipedProcess {
  write(text: string): void;
  /** Kills the program and its children. */
  kill(): void;
  /** Resolves when the program has ended, however it ended. */
  readonly ended: Promise<void>;
}

/** Starts a program that is killed when this process ends; `onData` receives its stdout. */
export type StartPiped = (
  command: Pick<Command, 'file' | 'args'>,
  onData: (data: Buffer) => void,
) => Promise<PipedProcess>;

/** Gives a starter of programs to exchange data with. The terminal's Ctrl-C does not reach them. */
export function createStartPiped(env: NodeJS.ProcessEnv): StartPiped {
  const common = commonOptions(env);
  return async (command, onData) => {
    const { execa } = await import('execa');
    const { file, args } = withParentExitKill(command);
    const stdio = ['pipe', 'pipe', 'ignore'] as const;
    const program = execa(file, args, { ...common, stdio, buffer: false, encoding: 'buffer', detached: true });
    program.stdout.on('data', onData);
    // Writing to a program that has just ended is no error: `ended` reports it.
    program.stdin.on('error', () => undefined);
    const ended = program.then(() => undefined);
    return { write: (text) => program.stdin.write(text), kill: () => killGroup(program.pid), ended };
  };
}

function commonOptions(env: NodeJS.ProcessEnv) {
  return {
    env: { ...env, LC_ALL: 'C' },
    extendEnv: false,
    killSignal: 'SIGKILL',
    reject: false,
    stripFinalNewline: false,
  } as const;
}

/** Sets PR_SET_PDEATHSIG, which Node cannot set; the kernel keeps it over an exec of the program. */
export function withParentExitKill({ file, args }: Pick<Command, 'file' | 'args'>): Pick<Command, 'file' | 'args'> {
  return { file: 'setpriv', args: ['--pdeathsig', 'KILL', file, ...args] };
}

/** True when one of the directories has the program, and it is executable. */
export function isInstalled(tool: string, directories: readonly string[]): boolean {
  return directories.some((directory) => {
    try {
      accessSync(join(directory, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

interface ProcessEnd {
  readonly exitCode?: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  readonly code?: string;
  readonly signal?: string;
  readonly shortMessage?: string;
}

function toResult(command: Command, ended: ProcessEnd, timeoutMs: number): ExecResult {
  if (ended.timedOut) throw toolTimedOut(command, timeoutMs, ended);
  if (ended.code === 'ENOENT') throw toolMissing(command.killOnParentExit ? 'setpriv' : command.file, ended);
  if (ended.exitCode === undefined) {
    const stderr = ended.signal ? `ended by ${ended.signal}` : (ended.shortMessage ?? 'could not be started');
    throw toolFailed(command.file, { ...ended, exitCode: KILLED_BY_SIGNAL, stderr });
  }
  return { exitCode: ended.exitCode, stdout: ended.stdout, stderr: ended.stderr };
}
