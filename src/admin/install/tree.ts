/**
 * The files of a system: the one that runs, or one that is being built in a directory. Paths are those that the system itself
 * uses. A file is replaced in one step, and the replacement survives a power failure.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, open, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { syncDirectory, unlessMissing } from '../../system/disk.ts';

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

  /** The path as this process has to open it. */
  at(path: string): string {
    return join(this.#root, path);
  }

  /** The text of a file; undefined when there is no such file. */
  async read(path: string): Promise<string | undefined> {
    return unlessMissing(readFile(this.at(path), 'utf8'));
  }

  /** The root always exists: it is created with the first file in it, as with DESTDIR of make. */
  async exists(path: string): Promise<boolean> {
    if (path === '/') return true;
    return (await unlessMissing(lstat(this.at(path)))) !== undefined;
  }

  /** The permission bits; undefined when there is no such file. */
  async mode(path: string): Promise<number | undefined> {
    const found = await unlessMissing(lstat(this.at(path)));
    return found && found.mode & 0o7777;
  }

  /** SHA-256 of a file, in hex; undefined when there is no such file. */
  async hash(path: string): Promise<string | undefined> {
    return unlessMissing(hashFile(this.at(path)));
  }

  /** Creates a directory and those above it; gives those that were missing, the outermost first. */
  async makeDirectory(path: string, mode: number): Promise<string[]> {
    const missing: string[] = [];
    await mkdir(this.#root, { recursive: true });
    for (let each = path; !(await this.exists(each)); each = dirname(each)) missing.unshift(each);
    for (const each of missing) {
      await mkdir(this.at(each));
      // Not by mkdir, which applies the umask of this process.
      await chmod(this.at(each), each === path ? mode : 0o755);
    }
    return missing;
  }

  /** Creates or replaces a file in one step. Its directory exists. */
  async write(path: string, content: Content, mode: number): Promise<void> {
    const temporary = this.at(siblingPath(path, 'new'));
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

  /** Moves a file within a file system; an existing file is replaced. */
  async move(from: string, to: string): Promise<void> {
    await this.#rename(this.at(from), this.at(to));
  }

  /** Copies a file with its mode; an existing file is replaced. */
  async copy(from: string, to: string): Promise<void> {
    await this.write(to, { copyOf: this.at(from) }, (await this.mode(from)) ?? 0o600);
  }

  /** Removes a file, or a directory with its contents; that it does not exist is no error. */
  async remove(path: string): Promise<void> {
    await rm(this.at(path), { recursive: true, force: true });
  }

  /** Removes a directory if it is empty. */
  async removeIfEmpty(path: string): Promise<void> {
    await rmdir(this.at(path)).catch(() => undefined);
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
