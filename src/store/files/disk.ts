/** What every file of the store has in common: how a failure of the file system is said, and what makes a write last. */
import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { praasError } from '../../core/errors/errors.ts';

const FULL = ['ENOSPC', 'EDQUOT'];
const REFUSED = ['EACCES', 'EPERM'];

/** True for a failure of the file system; anything else that is thrown here is a mistake of ours. */
export function isDiskError(error: unknown): error is NodeJS.ErrnoException {
  return typeof error === 'object' && error !== null && 'syscall' in error && 'code' in error;
}

/** True when the file system says that there is nothing at that path. */
export function isMissing(error: unknown): boolean {
  return isDiskError(error) && error.code === 'ENOENT';
}

/** The error to throw when writing `path` failed: STORE_FULL, NOT_PERMITTED or STORE_FAILED; others stay as they are. */
export function writeError(path: string, error: unknown): unknown {
  if (!isDiskError(error)) return error;
  if (FULL.includes(error.code ?? '')) return praasError('STORE_FULL', { path }, error);
  if (REFUSED.includes(error.code ?? '')) return praasError('NOT_PERMITTED', { what: `writing ${path}` }, error);
  return praasError('STORE_FAILED', { path, reason: error.message }, error);
}

/** The error to throw when reading `path` failed: NOT_PERMITTED or STORE_UNREADABLE; others stay as they are. */
export function readError(path: string, error: unknown): unknown {
  if (!isDiskError(error)) return error;
  if (REFUSED.includes(error.code ?? '')) return praasError('NOT_PERMITTED', { what: `reading ${path}` }, error);
  return praasError('STORE_UNREADABLE', { path, reason: error.message }, error);
}

/** The content of a file, undefined when there is none. Throws as readError says. */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw readError(path, error);
  }
}

/** A text that changes whenever the file at `path` is replaced or written. Throws as readError says. */
export async function fingerprint(path: string): Promise<string> {
  try {
    const { ino, size, ctimeNs } = await stat(path, { bigint: true });
    return `${ino} ${size} ${ctimeNs}`;
  } catch (error) {
    if (isMissing(error)) return 'none';
    throw readError(path, error);
  }
}

/** Makes what was created, renamed or removed in a directory survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a directory for root alone where there is none yet; an existing one keeps its rights. Its parent must exist. */
export async function makePrivateDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (isDiskError(error) && error.code === 'EEXIST') return;
    throw error;
  }
  await syncDirectory(dirname(path));
}
