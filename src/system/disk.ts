/** What all who read and write files share: errors of the file system, and writes that survive a power cut. */
import { open } from 'node:fs/promises';
import { errnoText } from '../core/errors/errno-text.ts';
import { praasError } from '../core/errors/errors.ts';

const FULL = ['ENOSPC', 'EDQUOT'];
/** For errors of the file system by which this process may not do something. */
export const DENIED: readonly string[] = ['EACCES', 'EPERM'];

/** True for an error of the file system; any other error that is thrown here is a bug in praas. */
export function isDiskError(error: unknown): error is NodeJS.ErrnoException {
  return typeof error === 'object' && error !== null && 'syscall' in error && 'code' in error;
}

/** Gives the error to throw after writing `path` failed: STORE_FULL, NOT_PERMITTED or STORE_FAILED; other errors are given as they are. */
export function writeError(path: string, error: unknown): unknown {
  if (!isDiskError(error)) return error;
  if (FULL.includes(error.code ?? '')) return praasError('STORE_FULL', { path }, error);
  if (DENIED.includes(error.code ?? '')) return praasError('NOT_PERMITTED', { what: `writing ${path}` }, error);
  return praasError('STORE_FAILED', { path, reason: errnoText(error) }, error);
}

/** Gives what `reading` gives; undefined when the path does not exist. */
export async function unlessMissing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isDiskError(error) && ['ENOENT', 'ENOTDIR'].includes(error.code ?? '')) return undefined;
    throw error;
  }
}

/** Makes files that were created, renamed or removed in a directory survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
