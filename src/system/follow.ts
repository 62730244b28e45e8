/**
 * Long-lived programs whose lines are events, such as `ip monitor`. They never outlive this process, and their end is reported, never
 * thrown: the caller decides whether to start them again.
 */
import { type Command, createStart, type RunningProcess } from './exec.ts';
import { COMMAND_NOT_FOUND, toolFailed, toolMissing } from './tool-errors.ts';

export interface Following {
  /**
   * Resolves when the program has ended, and never rejects. Gives the reason as an error of the catalogue (TOOL_MISSING,
   * TOOL_FAILED); undefined when it was stopped or ended with exit code 0.
   */
  readonly ended: Promise<Error | undefined>;
  /** Kills the program. Resolves when it has ended; no line follows. May be called more than once. */
  stop(): Promise<void>;
}

/**
 * Starts a program and calls `onLine` for each whole line of its stdout, without the line break. The program must not start others:
 * they would not end with it. Never throws.
 */
export type Follow = (command: Pick<Command, 'file' | 'args'>, onLine: (line: string) => void) => Following;

/** Gives a Follow whose programs are also killed when this process ends, and when `abortSignal` aborts. */
export function createFollow(env: NodeJS.ProcessEnv, abortSignal?: AbortSignal): Follow {
  const start = createStart(env);
  return (command, onLine) => {
    const stopping = new AbortController();
    const { signal } = stopping;
    const running = start(command, abortSignal === undefined ? signal : AbortSignal.any([abortSignal, signal]));
    const receive = (line: string): void => {
      if (!signal.aborted) onLine(line);
    };
    const ended = running
      .then((program) => readAll(program, command, receive))
      .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))))
      .then((reason) => (signal.aborted ? undefined : reason));
    const stop = async (): Promise<void> => {
      stopping.abort();
      await ended;
    };
    return { ended, stop };
  };
}

/** Reads the output of a program to its end, gives why it failed. Throws as Exec does, and what `onLine` throws. */
async function readAll(
  program: RunningProcess,
  command: Pick<Command, 'file' | 'args'>,
  onLine: (line: string) => void,
): Promise<Error | undefined> {
  const [{ exitCode }, lastError] = await Promise.all([
    program.result,
    lastLine(program.lines('stderr')),
    eachWholeLine(program.lines('stdout'), onLine),
  ]);
  if (exitCode === 0) return undefined;
  // setpriv, which kills it with this process, is installed and reports that the program is not.
  if (exitCode === COMMAND_NOT_FOUND && lastError.startsWith('setpriv: ')) return toolMissing(command.file);
  return toolFailed(command, { exitCode, stderr: lastError });
}

async function eachWholeLine(lines: AsyncIterable<string>, onLine: (line: string) => void): Promise<void> {
  for await (const line of lines) if (line.endsWith('\n')) onLine(line.slice(0, -1));
}

async function lastLine(lines: AsyncIterable<string>): Promise<string> {
  let last = '';
  for await (const line of lines) last = line.trim() || last;
  return last;
}
