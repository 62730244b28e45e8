/**
 * The files of a system: the one that runs, or one that is being built in a directory. Paths are those that the system
 * itself uses. A file is replaced as a whole, and survives a power cut.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, open, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** What a file shall hold: a text, or what a file outside the tree holds. */
export type Content = { readonly text: string } | { readonly copyOf: string };

export class Tree {
  readonly #root: string;

  /** `root` is the directory of the system, `/` for the one that runs. */
  constructor(root: string) {
    this.#root = root;
  }

  /** True for the system that runs. */
  get isLive(): boolean {
    return this.#root === '/';
  }

  /** Where the path is for us. */
  at(path: string): string {
    return join(this.#root, path);
  }

  /** The text of a file; undefined when there is none. */
  async read(path: string): Promise<string | undefined> {
    return unlessMissing(readFile(this.at(path), 'utf8'));
  }

  /** The root counts as being there: it is made as soon as something is put into it, as with DESTDIR of make. */
  async exists(path: string): Promise<boolean> {
    if (path === '/') return true;
    return (await unlessMissing(lstat(this.at(path)))) !== undefined;
  }

  /** The permission bits; undefined when there is no such file. */
  async mode(path: string): Promise<number | undefined> {
    const found = await unlessMissing(lstat(this.at(path)));
    return found && found.mode & 0o7777;
  }

  /** SHA-256 of a file, in hex; undefined when there is none. */
  async hash(path: string): Promise<string | undefined> {
    return unlessMissing(hashFile(this.at(path)));
  }

  /** Makes a directory and those above it; gives those that were not there, the outermost first. */
  async makeDirectory(path: string, mode: number): Promise<string[]> {
    const missing: string[] = [];
    await mkdir(this.#root, { recursive: true });
    for (let each = path; !(await this.exists(each)); each = dirname(each)) missing.unshift(each);
    for (const each of missing) {
      await mkdir(this.at(each));
      // Not by mkdir: the umask of whoever installs would count.
      await chmod(this.at(each), each === path ? mode : 0o755);
    }
    return missing;
  }

  /** Puts a file in place in one step; its directory is there. */
  async write(path: string, content: Content, mode: number): Promise<void> {
    const temporary = this.at(besideOf(path, 'new'));
    try {
      if ('copyOf' in content) await copyFile(content.copyOf, temporary);
      const handle = await open(temporary, 'copyOf' in content ? 'r+' : 'w', 0o600);
      try {
        if ('text' in content) await handle.writeFile(content.text);
        await handle.chmod(mode);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await this.#rename(temporary, this.at(path));
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  /** Moves a file within a file system, in place of what is there. */
  async move(from: string, to: string): Promise<void> {
    await this.#rename(this.at(from), this.at(to));
  }

  /** Copies a file as it is, mode included; what is there is replaced. */
  async copy(from: string, to: string): Promise<void> {
    await this.write(to, { copyOf: this.at(from) }, (await this.mode(from)) ?? 0o600);
  }

  /** Removes a file, or a directory with all in it; one that is not there is no error. */
  async remove(path: string): Promise<void> {
    await rm(this.at(path), { recursive: true, force: true });
  }

  /** Removes a directory that has nothing in it any more; says whether it did. */
  async removeIfEmpty(path: string): Promise<boolean> {
    try {
      await rmdir(this.at(path));
      return true;
    } catch {
      return false;
    }
  }

  /** Names in a directory, sorted; none when it is not there. */
  async list(path: string): Promise<string[]> {
    return ((await unlessMissing(readdir(this.at(path)))) ?? []).toSorted();
  }

  async #rename(from: string, to: string): Promise<void> {
    await rename(from, to);
    const directory = await open(dirname(to), 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }
}

/** A hidden name in the same directory, for a file that is on its way in or out. */
export function besideOf(path: string, what: 'new' | 'old'): string {
  return join(dirname(path), `.${basename(path)}.praas-${what}`);
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

async function unlessMissing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
