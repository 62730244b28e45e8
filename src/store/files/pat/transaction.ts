/** One transaction of a router: its deltas are appended to the journal and applied to the record in memory. */
import { Queue } from '../../../core/queue.ts';
import type { StoreTransaction } from '../../../pat/interfaces/store.ts';
import { type Delta, isEmptyDelta, opensNothing, type RouterRecord } from '../../../pat/mapping/record.ts';
import { isDiskFull, writeError } from '../../../system/disk.ts';
import type { Reserve } from '../reserve.ts';
import { seal } from '../seal.ts';
import { lineOf, type Origin } from './format.ts';
import type { JournalEnd, JournalFile } from './journal-file.ts';
import type { LiveRecord } from './live-record.ts';

export class FileTransaction implements StoreTransaction {
  readonly #record: LiveRecord;
  readonly #journal: JournalFile;
  readonly #origin: Origin;
  readonly #reserve: Pick<Reserve, 'fill' | 'giveUp'>;
  readonly #begin: JournalEnd;
  readonly #queue = new Queue();
  #isEnded = false;

  constructor(record: LiveRecord, journal: JournalFile, origin: Origin, reserve: Pick<Reserve, 'fill' | 'giveUp'>) {
    this.#record = record;
    this.#journal = journal;
    this.#origin = origin;
    this.#reserve = reserve;
    this.#begin = journal.end;
    record.checkpoint();
  }

  get record(): RouterRecord {
    return this.#record.view;
  }

  commit(delta: Delta): Promise<void> {
    return this.#run(() => this.#append(delta, true));
  }

  stage(delta: Delta): Promise<void> {
    return this.#run(() => this.#append(delta, false));
  }

  rollback(): Promise<void> {
    return this.#run(async () => {
      const isAtBegin = this.#journal.isClean && this.#journal.end === this.#begin;
      if (!isAtBegin) await this.#journal.cutTo(this.#begin);
      this.#record.rollback();
    });
  }

  /** Resolves when all operations of the transaction are done; later ones are rejected. */
  async end(): Promise<void> {
    this.#isEnded = true;
    await this.#queue.idle();
  }

  async #append(delta: Delta, isDurable: boolean): Promise<void> {
    if (isEmptyDelta(delta)) return isDurable ? this.#journal.sync() : undefined;
    const line = lineOf(delta, this.#record.seq + 1, this.#origin);
    await this.#write(seal(JSON.stringify(line)), isDurable, opensNothing(this.record, delta));
    this.#record.apply(line);
  }

  /** On a full disk what opens nothing takes space from the reserve. While that is not whole, nothing else is written. */
  async #write(line: string, isDurable: boolean, mayUseReserve: boolean): Promise<void> {
    if (!mayUseReserve) await this.#reserve.fill();
    for (;;) {
      try {
        return await this.#journal.append(line, isDurable);
      } catch (error) {
        if (!mayUseReserve || !isDiskFull(error) || !(await this.#reserve.giveUp())) throw error;
      }
    }
  }

  async #run(change: () => Promise<void>): Promise<void> {
    if (this.#isEnded) throw new Error('a transaction was used after its end');
    try {
      await this.#queue.run(change);
    } catch (error) {
      throw writeError(this.#journal.path, error);
    }
  }
}
