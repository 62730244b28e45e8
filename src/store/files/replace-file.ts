/**
 * Replaces a file as a whole: after a crash it is either the old or the new one. Temporary file, fsync, rename, fsync of the
 * directory. The caller has to be the only writer of that file.
 */
import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isDiskError, syncDirectory } from '../../system/disk.ts';
import { isTemporary, temporaryName } from './names.ts';

/** Throws the errors of the file system; then the file is unchanged and no temporary file is left. */
export async function replaceFile(path: string, content: Buffer): Promise<void> {
  const directory = dirname(path);
  const temporary = join(directory, temporaryName(basename(path)));
  try {
    await writeDurably(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncDirectory(directory);
}

async function writeDurably(path: string, content: Buffer): Promise<void> {
  const handle = await openNew(path);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Follows no link that another user put there, and writes to no file of another user. */
async function openNew(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (error) {
    if (!isDiskError(error) || error.code !== 'EEXIST') throw error;
    await rm(path);
    return await open(path, 'wx', 0o600);
  }
}

/**
 * Removes the temporary files that killed writers left in a directory; the caller has to be the only writer. With `name` only those of
 * that file. A file that cannot be removed does no harm.
 */
export async function removeLeftovers(directory: string, name?: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  const leftovers = names.filter((each) => isTemporary(each) && (name === undefined || each.startsWith(`.${name}.`)));
  await Promise.all(leftovers.map((each) => rm(join(directory, each), { force: true }).catch(() => undefined)));
}
