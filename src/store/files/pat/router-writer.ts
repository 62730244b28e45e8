/**
 * The only writer of one router while this process holds the lock. It keeps the record in memory, so that a change reads nothing, and
 * folds the journal into the snapshot when the journal is larger.
 */
import type { Clock } from '../../../core/clock.ts';
import { isPraasError } from '../../../core/errors/errors.ts';
import { Queue } from '../../../core/queue.ts';
import type { StoreTransaction } from '../../../pat/interfaces/store.ts';
import type { RouterRecord } from '../../../pat/mapping/record.ts';
import { isDiskError } from '../../../system/disk.ts';
import { currentVersion, type Migration } from '../versions.ts';
import type { RouterFiles } from './layout.ts';
import type { LiveRecord } from './live-record.ts';
import { fingerprints, type LoadedRecord, load } from './load.ts';
import { setAside } from './set-aside.ts';
import { FileTransaction } from './transaction.ts';

/** Folding a smaller journal costs more than it saves. */
const SMALL_JOURNAL_BYTES = 64 * 1024;

export class RouterWriter {
  readonly #files: RouterFiles;
  readonly #migrations: readonly Migration[];
  readonly #clock: Clock;
  readonly #queue = new Queue();
  #loaded: LoadedRecord | undefined;
  /** The record for readers in this process, also during a transaction: they see the same as readers of the files. */
  #visible: LiveRecord | undefined;
  /** The fingerprints of the files after the last transaction. */
  #fingerprints = '';

  /** The lock must be held before the first transaction. */
  constructor(files: RouterFiles, migrations: readonly Migration[], clock: Clock) {
    this.#files = files;
    this.#migrations = migrations;
    this.#clock = clock;
  }

  /** As MappingStore.transaction; `prepare` runs first, when the transaction starts. */
  transaction<T>(prepare: () => Promise<void>, work: (transaction: StoreTransaction) => Promise<T>): Promise<T> {
    return this.#queue.run(async () => {
      await prepare();
      return this.#run(await this.#begin(), work);
    });
  }

  /** Gives the record when it is in memory. */
  get record(): RouterRecord | undefined {
    return this.#visible?.view;
  }

  /** Resolves when no transaction is running. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  async #run<T>(loaded: LoadedRecord, work: (transaction: StoreTransaction) => Promise<T>): Promise<T> {
    const { record, journal } = loaded;
    this.#visible = record;
    const origin = { path: journal.path, routerId: this.#files.routerId, migrations: this.#migrations };
    const transaction = new FileTransaction(record, journal, origin);
    try {
      const result = await work(transaction);
      await transaction.end();
      await this.#foldWhenDue(loaded);
      return result;
    } finally {
      await transaction.end();
      await this.#release(loaded);
    }
  }

  /** A failure here does not affect the transaction: the next one reads the files again. */
  async #release(loaded: LoadedRecord): Promise<void> {
    this.#loaded = undefined;
    try {
      await loaded.journal.close();
      this.#fingerprints = await fingerprints(this.#files);
      if (loaded.journal.isClean) this.#loaded = loaded;
    } catch {
      // The record is not kept in memory.
    }
    this.#visible = this.#loaded?.record;
  }

  /** The record in memory is used only while the files are unchanged: an operator may have restored a copy. */
  async #begin(): Promise<LoadedRecord> {
    if (this.#loaded && this.#fingerprints === (await fingerprints(this.#files))) return this.#loaded;
    this.#loaded = undefined;
    this.#visible = undefined;
    try {
      return await load(this.#files, this.#migrations);
    } catch (error) {
      const isInPlace = isPraasError(error, 'STORE_DAMAGED') && error.facts.aside === undefined;
      throw isInPlace ? await setAside(error, this.#files, this.#clock) : error;
    }
  }

  /**
   * Writes the snapshot, then empties the journal: a crash between the two leaves lines that are in the snapshot, and readers skip them.
   * The transaction is durable already, so an error of the disk (a full one has no room for two snapshots) does not fail it: the
   * journal grows, and the next transaction tries again.
   */
  async #foldWhenDue({ record, journal, snapshot, low }: LoadedRecord): Promise<void> {
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
