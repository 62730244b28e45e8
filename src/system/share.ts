/** The files of share/, which the executable contains, so that an installation needs no other file. */
import { readFileSync } from 'node:fs';
import { getAsset, isSea } from 'node:sea';

/** Takes a path below share/, such as `man/praas.8`; gives its text. Throws when the executable was built without it. */
export function readShare(name: string): string {
  if (isSea()) return getAsset(`share/${name}`, 'utf8');
  return readFileSync(new URL(`../../share/${name}`, import.meta.url), 'utf8');
}
