/**
 * The files of a system: the one that runs, or one that is being built in a directory, which no link leads out of. Paths are those
 * that the system itself uses. A file is replaced in one step, and the replacement survives a power failure.
 */
import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, open, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { syncDirectory, unlessMissing } from '../../system/disk.ts';
import { praasError } from '../errors.ts';
import { type ImagePath, pathInImage } from './image-path.ts';

/** The content of a file: a text, or that of a file outside the tree. */
export type Content = { readonly text: string } | { readonly copyOf: string };

export class Tree {
  readonly #root: string;

  /** `root` is the directory of the system, `/` for the one that runs. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Whether it is the system that runs. */
  get isLive(): boolean {
    return this.#root === '/';
  }

  /** The path for people and for programs that take the root themselves. This process opens what it finds by following links. */
  at(path: string): string {
    return join(this.#root, path);
  }

  /** Where a file is, with the links above it followed within the root. */
  async #place(path: string): Promise<string> {
    return (await this.#find(path, false)).path;
  }

  /** The same, with a link in its own place followed, too. */
  async #content(path: string): Promise<string> {
    return (await this.#find(path, true)).path;
  }

  async #find(path: string, followsLast: boolean): Promise<ImagePath> {
    return this.isLive ? { path, link: undefined } : pathInImage(this.#root, path, followsLast);
  }

  /** The text of a file; undefined when there is no such file. */
  async read(path: string): Promise<string | undefined> {
    return unlessMissing(readFile(await this.#content(path), 'utf8'));
  }

  /** The root always exists: it is created with the first file in it, as with DESTDIR of make. */
  async exists(path: string): Promise<boolean> {
    if (path === '/') return true;
    return (await unlessMissing(lstat(await this.#place(path)))) !== undefined;
  }

  /** The permission bits; undefined when there is no such file. */
  async mode(path: string): Promise<number | undefined> {
    const found = await unlessMissing(lstat(await this.#place(path)));
    return found && found.mode & 0o7777;
  }

  /** SHA-256 of a file, in hex; undefined when there is no such file. */
  async hash(path: string): Promise<string | undefined> {
    return unlessMissing(hashFile(await this.#content(path)));
  }

  /** Creates a directory and those above it; gives those that were missing, the outermost first. Throws IMAGE_LINK. */
  async makeDirectory(path: string, mode: number): Promise<string[]> {
    const missing: string[] = [];
    await mkdir(this.#root, { recursive: true });
    for (let each = path; !(await this.exists(each)); each = dirname(each)) missing.unshift(each);
    for (const each of missing) {
      const place = await this.#place(each);
      if (each === missing[0]) await this.#requireDirectory(dirname(each));
      await mkdir(place);
      // Not by mkdir, which applies the umask of this process.
      await chmod(place, each === path ? mode : 0o755);
    }
    return missing;
  }

  /** It exists, but it may be a link to a place that the image does not have. */
  async #requireDirectory(path: string): Promise<void> {
    const { path: place, link } = await this.#find(path, true);
    if (link === undefined || (await unlessMissing(lstat(place))) !== undefined) return;
    throw praasError('IMAGE_LINK', { link, root: this.#root, reason: `${place} does not exist` });
  }

  /** Creates or replaces a file in one step. Its directory exists. */
  async write(path: string, content: Content, mode: number): Promise<void> {
    const temporary = await this.#place(siblingPath(path, 'new'));
    try {
      // One that is left of a killed installer, or a link that somebody has put there.
      await rm(temporary, { force: true });
      if ('copyOf' in content) await copyFile(content.copyOf, temporary, constants.COPYFILE_EXCL);
      const handle = await open(temporary, 'copyOf' in content ? 'r+' : 'wx', 0o600);
      try {
        if ('text' in content) await handle.writeFile(content.text);
        await handle.chmod(mode);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await this.#rename(temporary, await this.#place(path));
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  /** Moves a file within a file system; an existing file is replaced. */
  async move(from: string, to: string): Promise<void> {
    await this.#rename(await this.#place(from), await this.#place(to));
  }

  /** Copies a file with its mode; an existing file is replaced. */
  async copy(from: string, to: string): Promise<void> {
    await this.write(to, { copyOf: await this.#content(from) }, (await this.mode(from)) ?? 0o600);
  }

  /** Removes a file, or a directory with its contents; that it does not exist is no error. */
  async remove(path: string): Promise<void> {
    await rm(await this.#place(path), { recursive: true, force: true });
  }

  /** Removes a directory if it is empty. */
  async removeIfEmpty(path: string): Promise<void> {
    await rmdir(await this.#place(path)).catch(() => undefined);
  }

  async #rename(from: string, to: string): Promise<void> {
    await rename(from, to);
    await syncDirectory(dirname(to));
  }
}

/** A hidden name in the same directory, for a file that is being installed or removed. */
export function siblingPath(path: string, kind: 'new' | 'old'): string {
  return join(dirname(path), `.${basename(path)}.praas-${kind}`);
}

/** SHA-256 of a text, in hex. */
export function hashText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** SHA-256 of a file outside any tree, in hex. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
