/** What all files of the store share: reading them, with errors of the file system as errors of the catalogue. */
import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoText } from '../../core/errors/errno-text.ts';
import { praasError } from '../../core/errors/errors.ts';
import { DENIED, isDiskError, syncDirectory } from '../../system/disk.ts';

/** True when the file system reports that the path does not exist. */
export function isMissing(error: unknown): boolean {
  return isDiskError(error) && error.code === 'ENOENT';
}

/** Gives the error to throw after reading `path` failed: NOT_PERMITTED or STORE_UNREADABLE; other errors are given as they are. */
export function readError(path: string, error: unknown): unknown {
  if (!isDiskError(error)) return error;
  if (DENIED.includes(error.code ?? '')) return praasError('NOT_PERMITTED', { what: `reading ${path}` }, error);
  return praasError('STORE_UNREADABLE', { path, reason: errnoText(error) }, error);
}

/** Gives the content of a file, undefined when it does not exist. Throws as readError describes. */
export async function readIfExists(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw readError(path, error);
  }
}

/** Gives a text that changes whenever the file at `path` is replaced or written. Throws as readError describes. */
export async function fingerprint(path: string): Promise<string> {
  try {
    const { ino, size, ctimeNs } = await stat(path, { bigint: true });
    return `${ino} ${size} ${ctimeNs}`;
  } catch (error) {
    if (isMissing(error)) return 'none';
    throw readError(path, error);
  }
}

/** Creates a directory that only root may open; an existing one keeps its permissions. Its parent must exist. */
export async function makePrivateDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (isDiskError(error) && error.code === 'EEXIST') return;
    throw error;
  }
  await syncDirectory(dirname(path));
}
