/**
 * A file that is replaced as a whole: it is either the old or the new one, whatever happens. Temporary file, fsync, rename,
 * fsync of the directory. Whoever writes has to be the only writer of that file.
 */
import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncDirectory } from './disk.ts';
import { isTemporary, temporaryName } from './names.ts';

/** Throws the file system's errors; then the file is as it was and nothing lies beside it. */
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
  const handle = await open(path, 'w', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Takes away what killed writers left unfinished in a directory: only they do, and the caller is the only writer now. With
 * `name` only what was to become that file. One that stays does no harm.
 */
export async function removeLeftovers(directory: string, name?: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  const leftovers = names.filter((each) => isTemporary(each) && (name === undefined || each.startsWith(`.${name}.`)));
  await Promise.all(leftovers.map((each) => rm(join(directory, each), { force: true }).catch(() => undefined)));
}
