/** What all files of the store share: reading them, with errors of the file system as errors of the catalogue. */
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { praasError } from '../../core/errors/errors.ts';
import { DENIED, diskReason, isDiskError, syncDirectory } from '../../system/disk.ts';
import { OWN_FILE } from '../../system/regular-file.ts';

/** True when the file system reports that the path does not exist. */
export function isMissing(error: unknown): boolean {
  return isDiskError(error) && error.code === 'ENOENT';
}

/** Gives the error to throw after reading `path` failed: NOT_PERMITTED or STORE_UNREADABLE; other errors are given as they are. */
export function readError(path: string, error: unknown): unknown {
  if (!isDiskError(error)) return error;
  if (DENIED.includes(error.code ?? '')) return praasError('NOT_PERMITTED', { what: `reading ${path}` }, error);
  return praasError('STORE_UNREADABLE', { path, reason: diskReason(error) }, error);
}

/** Gives the content of a file, undefined when it does not exist. Links are not followed. Throws as readError describes. */
export function readIfExists(path: string): Promise<Buffer | undefined> {
  return readOpened(path, constants.O_RDONLY | OWN_FILE, (handle) => handle.readFile());
}

/** As readIfExists, in a directory of others. Throws STORE_UNREADABLE for what is no file of root or of this user. */
export function readOwnIfExists(path: string): Promise<Buffer | undefined> {
  return readOpened(path, constants.O_RDONLY | OWN_FILE, async (handle) => {
    const found = await handle.stat();
    const reason = found.isFile() ? isTrustedUser(found.uid) || `it belongs to user ${found.uid}` : 'it is not a file';
    if (reason !== true) throw praasError('STORE_UNREADABLE', { path, reason });
    return handle.readFile();
  });
}

async function readOpened(
  path: string,
  flags: number,
  read: (handle: FileHandle) => Promise<Buffer>,
): Promise<Buffer | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, flags);
    return await read(handle);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw readError(path, error);
  } finally {
    await handle?.close();
  }
}

/** True for root and the user of this process. */
export function isTrustedUser(uid: number): boolean {
  return uid === 0 || uid === process.geteuid?.();
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
