/** What all who read and write files share: errors of the file system, and writes that survive a power cut. */
import { type FileHandle, open } from 'node:fs/promises';
import { errnoText } from '../core/errors/errno-text.ts';
import { praasError } from '../core/errors/errors.ts';

const FULL = ['ENOSPC', 'EDQUOT'];
/** For errors of the file system by which this process may not do something. */
export const DENIED: readonly string[] = ['EACCES', 'EPERM'];

/** True for an error of the file system; any other error that is thrown here is a bug in praas. */
export function isDiskError(error: unknown): error is NodeJS.ErrnoException {
  return typeof error === 'object' && error !== null && 'syscall' in error && 'code' in error;
}

/** Why the file system refused, in words. A link is never followed where praas has its own files. */
export function diskReason(error: NodeJS.ErrnoException): string {
  return error.code === 'ELOOP' ? 'it is a symbolic link' : errnoText(error);
}

/** True for an error of a disk, or of a quota of one, that has no space left. */
export function isDiskFull(error: unknown): boolean {
  return isDiskError(error) && FULL.includes(error.code ?? '');
}

/** Gives the error to throw after writing `path` failed: STORE_FULL, NOT_PERMITTED or STORE_FAILED; other errors are given as they are. */
export function writeError(path: string, error: unknown): unknown {
  if (!isDiskError(error)) return error;
  if (isDiskFull(error)) return praasError('STORE_FULL', { path }, error);
  if (DENIED.includes(error.code ?? '')) return praasError('NOT_PERMITTED', { what: `writing ${path}` }, error);
  return praasError('STORE_FAILED', { path, reason: diskReason(error) }, error);
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

/** A disk that becomes full writes a part without an error; writing the rest gives the error. */
export async function writeAll(handle: FileHandle, content: Buffer, position: number): Promise<void> {
  for (let written = 0; written < content.length; ) {
    const { bytesWritten } = await handle.write(content, written, content.length - written, position + written);
    written += bytesWritten;
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
