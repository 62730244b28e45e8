/**
 * The only writer of one router while this process holds the lock. It keeps the record in memory, so that a change reads nothing, and
 * folds the journal into the snapshot when the journal is larger.
 */
import type { Clock } from '../../../core/clock.ts';
import { isPraasError } from '../../../core/errors/errors.ts';
import type { Logger } from '../../../core/logger.ts';
import { Queue } from '../../../core/queue.ts';
import type { StoreTransaction } from '../../../pat/interfaces/store.ts';
import type { RouterRecord } from '../../../pat/mapping/record.ts';
import { isDiskError } from '../../../system/disk.ts';
import { damaged } from '../damage.ts';
import type { Reserve } from '../reserve.ts';
import { seal } from '../seal.ts';
import { currentVersion, type Migration } from '../versions.ts';
import { lineOf } from './format.ts';
import type { RouterFiles } from './layout.ts';
import type { LiveRecord } from './live-record.ts';
import { fingerprints, type LoadedRecord, load } from './load.ts';
import { setAside } from './set-aside.ts';
import { FileTransaction } from './transaction.ts';

/** Folding a smaller journal costs more than it saves. */
const SMALL_JOURNAL_BYTES = 64 * 1024;

interface RouterWriterParts {
  readonly files: RouterFiles;
  readonly migrations: readonly Migration[];
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
  readonly reserve: Pick<Reserve, 'fill' | 'giveUp'>;
  /** The number of the last change that earlier writers made; undefined when it is not known. */
  readonly mark: () => number | undefined;
}

export class RouterWriter {
  readonly #parts: RouterWriterParts;
  readonly #files: RouterFiles;
  readonly #migrations: readonly Migration[];
  readonly #queue = new Queue();
  #loaded: LoadedRecord | undefined;
  /** The record for readers in this process, also during a transaction: they see the same as readers of the files. */
  #visible: LiveRecord | undefined;
  /** The fingerprints of the files after the last transaction. */
  #fingerprints = '';
  /** The number of the last change that this process made or read. */
  #lastChange: number | undefined;

  /** The lock must be held before the first transaction. */
  constructor(parts: RouterWriterParts) {
    this.#parts = parts;
    this.#files = parts.files;
    this.#migrations = parts.migrations;
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

  /** Waits for the running transaction. Gives the number of the last change that survives a power cut; undefined when it is not known. */
  async end(): Promise<number | undefined> {
    await this.#queue.idle();
    if (this.#loaded === undefined) return undefined;
    const { journal, record } = this.#loaded;
    try {
      await journal.sync();
      return record.seq;
    } catch {
      return undefined;
    } finally {
      await journal.close();
    }
  }

  async #run<T>(loaded: LoadedRecord, work: (transaction: StoreTransaction) => Promise<T>): Promise<T> {
    const { record, journal } = loaded;
    this.#visible = record;
    const origin = { path: journal.path, routerId: this.#files.routerId, migrations: this.#migrations };
    const transaction = new FileTransaction(record, journal, origin, this.#parts.reserve);
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
      if (!loaded.journal.isClean) return;
      this.#loaded = loaded;
      this.#lastChange = loaded.record.seq;
    } catch {
      // The record is not kept in memory.
    } finally {
      this.#visible = this.#loaded?.record;
    }
  }

  /** The record in memory is used only while the files are unchanged: an operator may have restored a copy. */
  async #begin(): Promise<LoadedRecord> {
    if (this.#loaded && this.#fingerprints === (await fingerprints(this.#files))) return this.#loaded;
    this.#loaded = undefined;
    this.#visible = undefined;
    try {
      const loaded = await load(this.#files, this.#migrations);
      this.#reportLoss(loaded);
      return loaded;
    } catch (error) {
      const isInPlace = isPraasError(error, 'STORE_DAMAGED') && error.facts.aside === undefined;
      throw isInPlace ? await setAside(error, this.#files, this.#parts.clock) : error;
    }
  }

  /**
   * Logs what the files have no longer. Throws STORE_DAMAGED for a torn line that was acknowledged once: a crash tears only what was not,
   * and the change that is lost may have closed a port.
   */
  #reportLoss({ record: { seq }, tornBytes }: LoadedRecord): void {
    const { log, mark } = this.#parts;
    const { journal: path, routerId } = this.#files;
    const expected = this.#lastChange ?? mark() ?? 0;
    if (tornBytes > 0 && seq < expected)
      throw damaged(path, `its last line is torn, and change ${expected} was complete`);
    if (tornBytes > 0) log.warn('journal cut off', { router_id: routerId, path, bytes: tornBytes });
    if (seq < expected) log.warn('record older than before', { router_id: routerId, path, change: seq, expected });
    this.#lastChange = seq;
  }

  /**
   * Writes the snapshot, then a journal with one line that changes nothing, as an empty one is damage: a crash between the two leaves
   * lines that are in the snapshot, and readers skip them. The transaction is durable already, so an error of the disk (a full one has
   * no room for two snapshots) does not fail it: the journal grows, and the next transaction tries again.
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
      const { routerId } = this.#files;
      const line = lineOf({}, record.seq, { routerId, migrations: this.#migrations });
      await journal.restart(seal(JSON.stringify(line)));
    } catch (error) {
      if (!isDiskError(error)) throw error;
    }
  }
}
