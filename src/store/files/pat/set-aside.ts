/** Moves the files of a damaged record aside, so that they are never overwritten. */
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import type { Clock } from '../../../core/clock.ts';
import { type CoreError, praasError } from '../../../core/errors/errors.ts';
import { isDiskError, syncDirectory } from '../../../system/disk.ts';
import { isMissing } from '../disk.ts';
import { asidePath } from '../names.ts';
import { type RouterFiles } from './layout.ts';

/**
 * Takes the STORE_DAMAGED of a load, gives the one to throw: with `aside` when the damaged file could be moved. The other file of the
 * router is moved with it, as `<aside>-snapshot` or `<aside>-journal`, because alone it would be read as the whole record.
 */
export async function setAside(
  damage: CoreError<'STORE_DAMAGED'>,
  files: RouterFiles,
  clock: Clock,
): Promise<CoreError<'STORE_DAMAGED'>> {
  const { path, reason } = damage.facts;
  const aside = asidePath(path, clock.now(), existsSync);
  const [companion, suffix] = path === files.snapshot ? [files.journal, 'journal'] : [files.snapshot, 'snapshot'];
  try {
    // The damaged file is moved last: until then the record is damaged for all readers, also after a crash between the two moves.
    await moveIfExists(companion, `${aside}-${suffix}`);
    await rename(path, aside);
    await syncDirectory(files.directory);
  } catch (error) {
    if (!isDiskError(error)) throw error;
    return damage;
  }
  return praasError('STORE_DAMAGED', { path, reason, aside }, damage);
}

async function moveIfExists(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
