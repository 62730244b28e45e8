/** Directories in which other users could put a file, or a link, where praas reads or writes its own. */
import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { praasError } from '../../core/errors/errors.ts';
import { isMissing, isTrustedUser } from './disk.ts';

const OTHERS_WRITE = 0o002;
const GROUP_WRITES = 0o020;
const STICKY = 0o1000;

/**
 * Throws UNSAFE_DIRECTORY unless only root and this user may write to the directory. One of root in which each user may delete only what
 * is its own, such as /tmp, passes: links are not followed, and files of others are not read. So does one that does not exist.
 */
export async function requireSafeDirectory(path: string): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  const reason = found && whyUnsafe(found);
  if (reason !== undefined) throw praasError('UNSAFE_DIRECTORY', { path, reason });
}

function whyUnsafe({ uid, gid, mode }: Stats): string | undefined {
  if (!isTrustedUser(uid)) return `it belongs to user ${uid}`;
  if ((mode & STICKY) !== 0) return undefined;
  if ((mode & OTHERS_WRITE) !== 0) return 'every user can write to it';
  const isOfOthers = gid !== 0 && gid !== process.getegid?.();
  return (mode & GROUP_WRITES) !== 0 && isOfOthers ? `group ${gid} can write to it` : undefined;
}
