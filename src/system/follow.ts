/**
 * Programs that are followed: long-lived ones whose every line is news. None of them outlives whoever follows it, and
 * how one ends is told, never thrown: its follower decides whether to start it again.
 */
import { praasError } from '../core/errors/errors.ts';
import { type Command, createStart, type Running, toolMissing } from './exec.ts';

export interface Following {
  /**
   * Resolves when the program has ended, however it did, and never rejects. Gives why, as an error of the catalogue
   * (TOOL_MISSING, TOOL_FAILED); undefined when it was stopped or had simply done its work.
   */
  readonly ended: Promise<Error | undefined>;
  /** Kills it. Resolves when it has gone; from then on no line comes. May be called more than once. */
  stop(): Promise<void>;
}

/**
 * Starts a program (one that starts no others: they would not end with it) and calls `onLine` for each whole line of its
 * stdout, without the line break. Throws nothing.
 */
export type Follow = (command: Pick<Command, 'file' | 'args'>, onLine: (line: string) => void) => Following;

const COMMAND_NOT_FOUND = 127;

/** Gives a Follow whose programs also end with us, and when `ending` aborts. */
export function createFollow(env: NodeJS.ProcessEnv, ending?: AbortSignal): Follow {
  const start = createStart(env);
  return (command, onLine) => {
    const stopping = new AbortController();
    const { signal } = stopping;
    const running = start(command, ending === undefined ? signal : AbortSignal.any([ending, signal]));
    const heard = (line: string): void => {
      if (!signal.aborted) onLine(line);
    };
    const ended = running
      .then((program) => hear(program, command, heard))
      .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))))
      .then((reason) => (signal.aborted ? undefined : reason));
    const stop = async (): Promise<void> => {
      stopping.abort();
      await ended;
    };
    return { ended, stop };
  };
}

/** Hears a program to its end, gives what was wrong with it. Throws as Exec does, and what `onLine` throws. */
async function hear(
  program: Running,
  { file, args }: Pick<Command, 'file' | 'args'>,
  onLine: (line: string) => void,
): Promise<Error | undefined> {
  const [{ exitCode }, complaint] = await Promise.all([
    program.result,
    lastLine(program.lines('stderr')),
    eachWholeLine(program.lines('stdout'), onLine),
  ]);
  if (exitCode === 0) return undefined;
  // The program that binds it to us is there, and says that the one to follow is not.
  if (exitCode === COMMAND_NOT_FOUND && complaint.startsWith('setpriv: ')) return toolMissing(file);
  return praasError('TOOL_FAILED', { command: [file, ...args].join(' '), exit_code: exitCode, output: complaint });
}

async function eachWholeLine(lines: AsyncIterable<string>, onLine: (line: string) => void): Promise<void> {
  for await (const line of lines) if (line.endsWith('\n')) onLine(line.slice(0, -1));
}

async function lastLine(lines: AsyncIterable<string>): Promise<string> {
  let last = '';
  for await (const line of lines) last = line.trim() || last;
  return last;
}
