/**
 * Files that must be files: what has the name may be a link to a file of somebody else, or a FIFO, at which an open waits for the other
 * end. Whoever opens a file by a name that is found on the disk does it with these.
 */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Flags for the files of praas itself: a link is not followed, and nothing makes the open wait. */
export const OWN_FILE = constants.O_NOFOLLOW | constants.O_NONBLOCK;

const APPEND = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | OWN_FILE;
const NOT_A_FILE = 'it is not a regular file';

/** Gives the descriptor of a file of praas, created with `mode` where there is none. Throws for a link, and for what is no file. */
export function openForAppending(path: string, mode: number): number {
  const descriptor = openSync(path, APPEND, mode);
  if (fstatSync(descriptor).isFile()) return descriptor;
  closeSync(descriptor);
  throw new Error(NOT_A_FILE);
}

/** Opens a file of an administrator, which may be a link to a file. Throws the errors of the file system, and for what is no file. */
export async function openRegularFile(path: string): Promise<FileHandle> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const found = await handle.stat();
  if (found.isFile()) return handle;
  await handle.close();
  throw new Error(found.isDirectory() ? 'it is a directory' : NOT_A_FILE);
}

/** Gives the text of a file, as openRegularFile opens it. */
export async function readRegularFile(path: string): Promise<string> {
  const handle = await openRegularFile(path);
  try {
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}
