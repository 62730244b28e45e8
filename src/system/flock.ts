/**
 * flock(2) of the kernel, which Node does not provide: util-linux `flock` locks our open file, which it inherits as descriptor 3.
 * The lock belongs to the open file and not to the program that acquired it: it remains when `flock` ends, and is released when
 * our process ends, however it ends.
 */
import { praasError } from '../core/errors/errors.ts';
import type { Exec } from './exec.ts';

const CONFLICT = 1;
/** Added to the waiting time, so that a loaded machine can start `flock`. */
const GRACE_SECONDS = 10;

/** Locks the open file at `path`. Gives false while another process holds it, after `timeoutSeconds`. Throws TOOL_MISSING, STORE_FAILED. */
export async function flock(exec: Exec, path: string, descriptor: number, timeoutSeconds: number): Promise<boolean> {
  const { exitCode, stderr } = await exec({
    file: 'flock',
    args: ['--exclusive', '--timeout', String(timeoutSeconds), '3'],
    descriptors: [descriptor],
    timeoutMs: (timeoutSeconds + GRACE_SECONDS) * 1000,
  });
  if (exitCode !== 0 && exitCode !== CONFLICT) throw praasError('STORE_FAILED', { path, reason: stderr.trim() });
  return exitCode === 0;
}
