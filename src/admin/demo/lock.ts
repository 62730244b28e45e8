/**
 * Only one demonstration runs at a time: its namespaces have fixed names, so that those which a killed demonstration has left can
 * be removed. The kernel releases the lock when the process ends; a demonstration that ends by itself also removes the file.
 */
import { closeSync, constants, fstatSync, openSync, statSync, unlinkSync } from 'node:fs';
import type { Exec } from '../../system/exec.ts';
import { flock } from '../../system/flock.ts';
import { praasError } from '../errors.ts';

/** Locks the file and gives what releases it. Throws DEMO_RUNNING when another process holds it, TOOL_MISSING, STORE_FAILED. */
export async function lockDemo(exec: Exec, path: string): Promise<() => void> {
  for (;;) {
    const descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      if (!(await flock(exec, path, descriptor, 0))) throw praasError('DEMO_RUNNING', { path });
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    if (isStillAt(path, descriptor)) {
      return () => {
        unlinkSync(path);
        closeSync(descriptor);
      };
    }
    // The previous demonstration has removed its file after it was opened here and before it was locked.
    closeSync(descriptor);
  }
}

function isStillAt(path: string, descriptor: number): boolean {
  return statSync(path, { throwIfNoEntry: false })?.ino === fstatSync(descriptor).ino;
}
