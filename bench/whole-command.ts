/** Whole processes, from their start to their end. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export const PRAAS = 'build/praas';
/** The pinned Node, which the executable is made of. */
export const NODE = process.execPath;

const execute = promisify(execFile);

/** Runs a program to its end; throws what it said when it fails. */
export async function run(file: string, args: readonly string[], env: Record<string, string> = {}): Promise<void> {
  await execute(file, args, { env: { ...process.env, ...env }, maxBuffer: 1024 * 1024 * 1024 });
}
