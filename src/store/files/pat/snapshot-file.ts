/**
 * The snapshot of a router as a lowdb adapter. lowdb's own writes one fixed temporary name and syncs nothing; here the file
 * is either the old or the new one, whole, whatever happens (replace-file.ts).
 */
import type { Adapter } from 'lowdb';
import { readIfThere } from '../disk.ts';
import { replaceFile } from '../replace-file.ts';
import { type Origin, parseSnapshot, type Snapshot } from './format.ts';

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
    await replaceFile(this.path, content);
    this.#bytes = content.length;
  }
}
