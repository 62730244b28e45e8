/**
 * The snapshot of a router as a lowdb adapter. lowdb's own adapter uses one fixed temporary name and no fsync; here the file is either
 * the old or the new one, also after a crash (replace-file.ts).
 */
import type { Adapter } from 'lowdb';
import { readIfExists } from '../disk.ts';
import { replaceFile } from '../replace-file.ts';
import { seal } from '../seal.ts';
import { type Origin, parseSnapshot, type Snapshot } from './format.ts';

export class SnapshotFile implements Adapter<Snapshot> {
  readonly #origin: Origin;
  #bytes: number | undefined;
  #isSealed = false;

  constructor(origin: Origin) {
    this.#origin = origin;
  }

  get path(): string {
    return this.#origin.path;
  }

  /** The size when it was last read or written; undefined while the file does not exist. */
  get bytes(): number | undefined {
    return this.#bytes;
  }

  /** True when the snapshot was read or written with a checksum. */
  get isSealed(): boolean {
    return this.#isSealed;
  }

  /** Gives null when the file does not exist. Throws STORE_DAMAGED, STORE_TOO_NEW, NOT_PERMITTED, STORE_UNREADABLE. */
  async read(): Promise<Snapshot | null> {
    const content = await readIfExists(this.path);
    this.#bytes = content?.length;
    if (content === undefined) return null;
    const { content: snapshot, isSealed } = parseSnapshot(content.toString(), this.#origin);
    this.#isSealed = isSealed;
    return snapshot;
  }

  /** Throws the errors of the file system; then the file is unchanged and no temporary file is left. */
  async write(snapshot: Snapshot): Promise<void> {
    const content = Buffer.from(seal(JSON.stringify(snapshot)));
    await replaceFile(this.path, content);
    this.#bytes = content.length;
    this.#isSealed = true;
  }
}
