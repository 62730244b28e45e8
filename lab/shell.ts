/** Programs, waited for. */
import { execFile } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';

const call = promisify(execFile);
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const POLL_MS = 200;
const TIMEOUT_MS = 15 * 60 * 1000;

/**
 * What a program finds around it, in place of what the caller had: a proxy of his would get what the services say to each
 * other, and a PYTHONPATH would give them other libraries.
 */
export const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8', HOME: '/root' } as const;

/** What is wrong with the lab, as a sentence for people. */
export class LabError extends Error {
  override readonly name = 'LabError';
}

/** Gives what a program prints. Throws LabError with what it said when it fails. */
export async function run(argv: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const [file = '', ...args] = argv;
  try {
    const options = { env: { ...ENVIRONMENT, ...env }, maxBuffer: MAX_OUTPUT_BYTES, timeout: TIMEOUT_MS };
    return (await call(file, args, options)).stdout;
  } catch (error) {
    const { stderr = '', stdout = '', message } = error as Error & { stderr?: string; stdout?: string };
    throw new LabError(`${argv.join(' ')}: ${(stderr || stdout || message).trim().slice(-2000)}`, { cause: error });
  }
}

/** Whether a program ends well. */
export function succeeds(...argv: readonly string[]): Promise<boolean> {
  return run(argv).then(
    () => true,
    () => false,
  );
}

/** Runs `ip`, whose failures mean nothing where things may be there, or gone, already. */
export async function ipAnyway(...args: readonly string[]): Promise<void> {
  await succeeds('ip', ...args);
}

/** Asks until the answer is neither undefined nor false. Throws LabError after so many seconds, with the last refusal. */
export async function until<T>(what: string, seconds: number, ask: () => Promise<T | undefined | false>): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (let refusal = ''; ; ) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      refusal = error instanceof Error ? ` (${error.message})` : '';
    }
    if (Date.now() > end) throw new LabError(`${what}: not within ${seconds} s${refusal}`);
    await setTimeout(POLL_MS);
  }
}

const started = performance.now();

/** A line of progress, with the seconds since the command began. */
export function say(line: string): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6);
  console.log(`[${seconds} s] ${line}`);
}
