/**
 * Where a path of a system is in the directory in which it is built: links are followed as that system would follow them, with
 * the directory as its root. An absolute link, or one with many `..`, leads this process out of the directory otherwise.
 */
import { readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { praasError } from '../errors.ts';

/** As many as the kernel follows. */
const MAX_LINKS = 40;
/** The name is no link, or there is nothing with that name. */
const NO_LINK = ['EINVAL', 'ENOENT', 'ENOTDIR'];

export interface ImagePath {
  /** As this process has to open it. */
  readonly path: string;
  /** The last link that was followed, as the system names it; undefined when there was none. */
  readonly link: string | undefined;
}

/**
 * Takes the root, an absolute path of the system, and whether a link at its end is followed, too. What does not exist is no
 * error. Throws IMAGE_LINK for links that lead in a circle.
 */
export async function pathInImage(root: string, path: string, followsLast: boolean): Promise<ImagePath> {
  const rest = namesOf(path);
  const done: string[] = [];
  let link: string | undefined;
  for (let links = 0; rest.length > (followsLast ? 0 : 1); ) {
    const name = rest.shift() ?? '';
    if (name === '..') {
      done.pop();
      continue;
    }
    const target = await targetOf(join(root, ...done, name));
    if (target === undefined) {
      done.push(name);
      continue;
    }
    link = join('/', ...done, name);
    links += 1;
    if (links > MAX_LINKS) throw praasError('IMAGE_LINK', { link, root, reason: 'too many links' });
    if (target.startsWith('/')) done.length = 0;
    rest.unshift(...namesOf(target));
  }
  return { path: join(root, ...done, ...rest), link };
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

async function targetOf(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    if (NO_LINK.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
