/**
 * The one writer of one router, for as long as this process holds the lock. It keeps the record in memory, so that a change
 * reads nothing, and folds the journal into the snapshot when the journal has outgrown it.
 */
import type { Clock } from '../../../core/clock.ts';
import { isPraasError } from '../../../core/errors/errors.ts';
import { Queue } from '../../../core/queue.ts';
import type { StoreTransaction } from '../../../pat/interfaces/store.ts';
import type { RouterRecord } from '../../../pat/mapping/record.ts';
import { isDiskError } from '../disk.ts';
import { currentVersion, type Migration } from '../versions.ts';
import type { RouterFiles } from './layout.ts';
import type { LiveRecord } from './live-record.ts';
import { fingerprints, type Loaded, load } from './load.ts';
import { setAside } from './set-aside.ts';
import { FileTransaction } from './transaction.ts';

/** Below this, folding costs more than it saves. */
const SMALL_JOURNAL_BYTES = 64 * 1024;

export class RouterWriter {
  readonly #files: RouterFiles;
  readonly #migrations: readonly Migration[];
  readonly #clock: Clock;
  readonly #queue = new Queue();
  #loaded: Loaded | undefined;
  /** What readers of this process see, in the middle of a transaction too: as those who read the files. */
  #visible: LiveRecord | undefined;
  /** What the files were when they were last let go. */
  #left = '';

  /** Whoever makes one holds the lock before the first transaction. */
  constructor(files: RouterFiles, migrations: readonly Migration[], clock: Clock) {
    this.#files = files;
    this.#migrations = migrations;
    this.#clock = clock;
  }

  /** As MappingStore.transaction; `prepare` runs first, when it is this transaction's turn. */
  transaction<T>(prepare: () => Promise<void>, work: (transaction: StoreTransaction) => Promise<T>): Promise<T> {
    return this.#queue.run(async () => {
      await prepare();
      return this.#work(await this.#begin(), work);
    });
  }

  /** A copy of the record, when it is in memory. */
  peek(): RouterRecord | undefined {
    return this.#visible?.copy();
  }

  idle(): Promise<void> {
    return this.#queue.idle();
  }

  async #work<T>(loaded: Loaded, work: (transaction: StoreTransaction) => Promise<T>): Promise<T> {
    const { record, journal } = loaded;
    this.#visible = record;
    const origin = { path: journal.path, router_id: this.#files.router_id, migrations: this.#migrations };
    const transaction = new FileTransaction(record, journal, origin);
    try {
      const result = await work(transaction);
      await transaction.end();
      await this.#foldWhenDue(loaded);
      return result;
    } finally {
      await transaction.end();
      await this.#letGo(loaded);
    }
  }

  /** What is done is done: trouble in letting go only means that the next transaction reads the files again. */
  async #letGo(loaded: Loaded): Promise<void> {
    this.#loaded = undefined;
    try {
      await loaded.journal.close();
      this.#left = await fingerprints(this.#files);
      if (loaded.journal.isClean) this.#loaded = loaded;
    } catch {
      // Nothing is kept.
    }
    this.#visible = this.#loaded?.record;
  }

  /** Memory counts only while the files are as we left them: an operator may have put a good copy there. */
  async #begin(): Promise<Loaded> {
    if (this.#loaded && this.#left === (await fingerprints(this.#files))) return this.#loaded;
    this.#loaded = undefined;
    this.#visible = undefined;
    try {
      return await load(this.#files, this.#migrations);
    } catch (error) {
      const isNews = isPraasError(error, 'STORE_DAMAGED') && error.facts['aside'] === undefined;
      throw isNews ? await setAside(error, this.#files, this.#clock) : error;
    }
  }

  /**
   * Snapshot first, then the journal: a crash between the two leaves lines that the snapshot has and readers pass over.
   * The transaction is safe already, so a disk that refuses (a full one has no room for two snapshots) is no error of it:
   * the journal goes on growing, and the next transaction tries again.
   */
  async #foldWhenDue({ record, journal, snapshot, low }: Loaded): Promise<void> {
    if (journal.end.bytes <= Math.max(SMALL_JOURNAL_BYTES, snapshot.bytes ?? 0)) return;
    const { router_id, next_port, pending, gateways, adopting, mappings } = record.view;
    const version = currentVersion(this.#migrations);
    low.data = {
      version,
      router_id,
      seq: record.seq,
      next_port,
      pending: [...pending],
      gateways: [...gateways],
      adopting: [...adopting],
      mappings: [...mappings.values()],
    };
    try {
      await low.write();
      await journal.cutTo({ exists: true, bytes: 0 });
    } catch (error) {
      if (!isDiskError(error)) throw error;
    }
  }
}
