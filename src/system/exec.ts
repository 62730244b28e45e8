/**
 * The only door to other programs. No shell: a program and its arguments, never one text. A script goes in on stdin.
 * Everything ends: at its own time, or killed at the timeout. Output is English (LC_ALL=C), so that it can be read.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Options } from 'execa';
import { praasError } from '../core/errors/errors.ts';

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** What the program reads from stdin; nothing when left out. */
  readonly input?: string;
  /** Overrides the runner's default. */
  readonly timeoutMs?: number;
  /**
   * Killed with us, however we end. For programs that change something: whoever comes after us may find it unchanged,
   * change it otherwise, and would then be overtaken.
   */
  readonly killOnParentExit?: boolean;
  /** Open file descriptors that the program gets as 3, 4, … */
  readonly descriptors?: readonly number[];
}

/** How a program ended that could be started and ended by itself. */
export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end. A non-zero exit code is a result, not an error.
 * Throws TOOL_MISSING when there is no such program, TOOL_TIMEOUT after killing it, TOOL_FAILED when it could not be
 * started or was killed by somebody else.
 */
export type Exec = (command: Command) => Promise<ExecResult>;

/** Which Debian package brings a program. */
const PACKAGES: Readonly<Record<string, string>> = {
  conntrack: 'conntrack',
  curl: 'curl',
  flock: 'util-linux',
  ip: 'iproute2',
  'iptables-restore': 'iptables',
  'iptables-save': 'iptables',
  nft: 'nftables',
  nsenter: 'util-linux',
  python3: 'python3',
  setpriv: 'util-linux',
  ss: 'iproute2',
  sysctl: 'procps',
};

const SYSTEM_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const KILLED_BY_SIGNAL = 128;
/** 60,000 mappings make 25 MB of rules as text; a listing as JSON is several times that. */
const MAX_OUTPUT_BYTES = 1024 * 1024 * 1024;

/** The path on which programs are looked for: the caller's, and the system's own (cron and su leave out sbin). */
export function searchPath(path: string | undefined): string {
  return [...new Set([...(path ?? '').split(delimiter).filter(Boolean), ...SYSTEM_PATH])].join(delimiter);
}

/**
 * Gives a runner whose programs are killed after `timeout_ms` unless their command says otherwise. With `ending` they are
 * out of reach of the terminal's Ctrl-C: when it aborts, they are killed, no new ones begin, and its reason is thrown.
 */
export function createExec(timeoutMs: number, env: NodeJS.ProcessEnv, ending?: AbortSignal): Exec {
  const common = commonOptions(env);
  return async (command) => {
    ending?.throwIfAborted();
    const { execa } = await import('execa');
    const { input, descriptors = [], timeoutMs: timeout = timeoutMs } = command;
    const options = {
      ...common,
      ...(input !== undefined && { input }),
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', ...descriptors],
      timeout,
      maxBuffer: MAX_OUTPUT_BYTES,
      ...(ending !== undefined && { cancelSignal: ending, detached: true }),
    } as const;
    const { file, args } = command.killOnParentExit ? withParentExitKill(command) : command;
    const program = execa(file, args, options as Options);
    // A wrapper's own children would keep its output open, and us waiting, after it was killed.
    const killing = ending && setTimeout(() => killGroup(program.pid), timeout);
    const result = await program;
    clearTimeout(killing);
    if (result.isCanceled) ending?.throwIfAborted();
    return toResult(command, result as Ended, timeout);
  };
}

/** Kills a program that leads a process group (`detached`), and all that it started. */
function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended at this moment.
  }
}

/** A program that goes on until it ends by itself or is ended. */
export interface Running {
  /** Each line as it comes, with its line break; without one is what was left when the program ended. */
  lines(from: 'stdout' | 'stderr'): AsyncIterable<string>;
  /** How it ended, without its output; rejects as Exec does. */
  readonly result: Promise<ExecResult>;
}

/** Starts a program and lets it run. Rejects when `ending` has aborted before. */
export type Start = (command: Pick<Command, 'file' | 'args'>, ending: AbortSignal) => Promise<Running>;

/**
 * Gives a starter of programs whose output is read while they run. They are killed when `ending` aborts, and with us,
 * however we end; the terminal's Ctrl-C does not reach them.
 */
export function createStart(env: NodeJS.ProcessEnv): Start {
  const common = commonOptions(env);
  return async (command, ending) => {
    const { execa } = await import('execa');
    ending.throwIfAborted();
    const stdio = ['ignore', 'pipe', 'pipe'] as const;
    const { file, args } = withParentExitKill(command);
    const program = execa(file, args, { ...common, stdio, buffer: false, cancelSignal: ending, detached: true });
    const result = program.then((ended) => {
      if (ended.isCanceled) ending.throwIfAborted();
      return toResult(
        { ...command, killOnParentExit: true },
        { ...(ended as unknown as Ended), stdout: '', stderr: '' },
        0,
      );
    });
    return { lines: (from) => program.iterable({ from, preserveNewlines: true }), result };
  };
}

/** A program that we talk to for as long as it runs. */
export interface Talk {
  write(text: string): void;
  /** Kills it and all that it started. */
  kill(): void;
  /** Resolves when it has gone, however that came. */
  readonly ended: Promise<void>;
}

/** Starts a program that is killed with us, and gives what it says as it comes. */
export type StartTalk = (command: Pick<Command, 'file' | 'args'>, onData: (data: Buffer) => void) => Promise<Talk>;

/** Gives a starter of programs to talk to. Out of reach of the terminal's Ctrl-C. */
export function createStartTalk(env: NodeJS.ProcessEnv): StartTalk {
  const common = commonOptions(env);
  return async (command, onData) => {
    const { execa } = await import('execa');
    const { file, args } = withParentExitKill(command);
    const stdio = ['pipe', 'pipe', 'ignore'] as const;
    const program = execa(file, args, { ...common, stdio, buffer: false, encoding: 'buffer', detached: true });
    program.stdout.on('data', onData);
    // Whoever writes to one that has just gone learns it by `ended`.
    program.stdin.on('error', () => undefined);
    const ended = program.then(() => undefined);
    return { write: (text) => program.stdin.write(text), kill: () => killGroup(program.pid), ended };
  };
}

function commonOptions(env: NodeJS.ProcessEnv) {
  return {
    env: { ...env, LC_ALL: 'C', PATH: searchPath(env['PATH']) },
    extendEnv: false,
    killSignal: 'SIGKILL',
    reject: false,
    stripFinalNewline: false,
  } as const;
}

/** PR_SET_PDEATHSIG, which Node cannot set: the kernel keeps it for whatever the program executes in its own place. */
export function withParentExitKill({ file, args }: Pick<Command, 'file' | 'args'>): Pick<Command, 'file' | 'args'> {
  return { file: 'setpriv', args: ['--pdeathsig', 'KILL', file, ...args] };
}

/** Gives the package to install for a program; its own name where none is known. */
export function packageOf(tool: string): string {
  return PACKAGES[tool] ?? tool;
}

/** The error for a program that is not there. */
export function toolMissing(tool: string, cause?: unknown): Error {
  return praasError('TOOL_MISSING', { tool, package: packageOf(tool) }, cause);
}

/** True when the program is on the search path and may be started. */
export function isInstalled(tool: string, path: string | undefined): boolean {
  return searchPath(path)
    .split(delimiter)
    .some((directory) => {
      try {
        accessSync(join(directory, tool), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

interface Ended {
  readonly exitCode?: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  readonly code?: string;
  readonly signal?: string;
  readonly shortMessage?: string;
}

export function toResult(command: Command, ended: Ended, timeoutMs: number): ExecResult {
  if (ended.timedOut) {
    const text = [command.file, ...command.args].join(' ');
    throw praasError('TOOL_TIMEOUT', { command: text, seconds: timeoutMs / 1000 }, ended);
  }
  if (ended.code === 'ENOENT') throw toolMissing(command.killOnParentExit ? 'setpriv' : command.file, ended);
  if (ended.exitCode === undefined) {
    const output = ended.signal ? `ended by ${ended.signal}` : (ended.shortMessage ?? 'could not be started');
    throw praasError('TOOL_FAILED', { command: command.file, exit_code: KILLED_BY_SIGNAL, output }, ended);
  }
  return { exitCode: ended.exitCode, stdout: ended.stdout, stderr: ended.stderr };
}
