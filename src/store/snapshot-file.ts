/**
 * The snapshot of a router as a lowdb adapter. lowdb's own writes one fixed temporary name and syncs nothing; here the file
 * is either the old or the new one, whole, whatever happens: temporary file, fsync, rename, fsync of the directory.
 */
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Adapter } from 'lowdb';
import { readIfThere, syncDirectory } from './disk.ts';
import { type Origin, parseSnapshot, type Snapshot } from './format.ts';
import { temporaryName } from './layout.ts';

export class SnapshotFile implements Adapter<Snapshot> {
  readonly #origin: Origin;
  #bytes: number | undefined;

  constructor(origin: Origin) {
    this.#origin = origin;
  }

  get path(): string {
    return this.#origin.path;
  }

  /** Size when it was last read or written; undefined while there is no file. */
  get bytes(): number | undefined {
    return this.#bytes;
  }

  /** Null when there is no file. Throws STORE_DAMAGED, STORE_TOO_NEW, NOT_PERMITTED, STORE_UNREADABLE. */
  async read(): Promise<Snapshot | null> {
    const content = await readIfThere(this.path);
    this.#bytes = content?.length;
    return content === undefined ? null : parseSnapshot(content.toString(), this.#origin);
  }

  /** Throws the file system's errors; then the file is as it was and nothing lies beside it. */
  async write(snapshot: Snapshot): Promise<void> {
    const content = Buffer.from(JSON.stringify(snapshot));
    const directory = dirname(this.path);
    const temporary = join(directory, temporaryName(basename(this.path)));
    try {
      await writeDurably(temporary, content);
      await rename(temporary, this.path);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
    await syncDirectory(directory);
    this.#bytes = content.length;
  }
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
