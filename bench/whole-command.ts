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

/** Runs a program to its end; throws what it said when it fails. Settings of this machine are passed over. */
export async function run(
  { ending }: Options,
  file: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<void> {
  const environment = { ...process.env, ...UNTOUCHED, ...env };
  await execute(file, args, { env: environment, maxBuffer: 1024 * 1024 * 1024, signal: ending });
}
