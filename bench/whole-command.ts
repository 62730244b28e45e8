/** Whole processes, from their start to their end. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Options } from './row.ts';

export const PRAAS = 'build/praas';
/** The pinned Node, which the executable is made of. */
export const NODE = process.execPath;

const execute = promisify(execFile);
/** No settings of this machine, and no daemon of its own. */
const UNTOUCHED = { PRAAS_CONFIG: 'share/praas.conf', PRAAS_SOCKET_PATH: '/run/praas-bench/none.sock', PRAAS_URL: '' };

/** Runs a program to its end and gives what it printed; throws what it said when it fails. Settings of this machine are passed over. */
export async function run(
  { ending }: Options,
  file: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  const environment = { ...process.env, ...UNTOUCHED, ...env };
  return (await execute(file, args, { env: environment, maxBuffer: 1024 * 1024 * 1024, signal: ending })).stdout;
}

/** Bash knows the processor time of a program to the millisecond; the kernel's tables count in tens. */
const TIMED = 'TIMEFORMAT="%U %S"; { time "$@" >/dev/null 2>&3; } 2>&1 3>&2';

/** The processor milliseconds of a program, from its start to its end. Throws as `run` does. */
export async function processorMs(
  options: Options,
  file: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<number> {
  const times = await run(options, 'bash', ['-c', TIMED, 'bash', file, ...args], env);
  return times
    .trim()
    .split(' ')
    .reduce((sum, seconds) => sum + Number(seconds) * 1000, 0);
}
