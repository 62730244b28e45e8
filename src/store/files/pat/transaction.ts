import { Queue } from '../../../core/queue.ts';
import type { StoreTransaction } from '../../../pat/interfaces/store.ts';
import { type Delta, isEmptyDelta, type RouterRecord } from '../../../pat/mapping/record.ts';
import { writeError } from '../disk.ts';
import { lineOf, type Origin } from './format.ts';
import type { JournalFile, Mark } from './journal-file.ts';
import type { LiveRecord } from './live-record.ts';

export class FileTransaction implements StoreTransaction {
  readonly #record: LiveRecord;
  readonly #journal: JournalFile;
  readonly #origin: Origin;
  readonly #begin: Mark;
  readonly #queue = new Queue();
  #hasEnded = false;

  constructor(record: LiveRecord, journal: JournalFile, origin: Origin) {
    this.#record = record;
    this.#journal = journal;
    this.#origin = origin;
    this.#begin = journal.end;
    record.keep();
  }

  get record(): RouterRecord {
    return this.#record.view;
  }

  commit(delta: Delta): Promise<void> {
    return this.#run(() => this.#write(delta, true));
  }

  stage(delta: Delta): Promise<void> {
    return this.#run(() => this.#write(delta, false));
  }

  rollback(): Promise<void> {
    return this.#run(async () => {
      const isThere = this.#journal.isClean && this.#journal.end === this.#begin;
      if (!isThere) await this.#journal.cutTo(this.#begin);
      this.#record.undo();
    });
  }

  /** Resolves when nothing of the transaction is under way any more; what is asked for later is refused. */
  async end(): Promise<void> {
    this.#hasEnded = true;
    await this.#queue.idle();
  }

  async #write(delta: Delta, durable: boolean): Promise<void> {
    if (isEmptyDelta(delta)) return durable ? this.#journal.sync() : undefined;
    const line = lineOf(delta, this.#record.seq + 1, this.#origin);
    await this.#journal.append(JSON.stringify(line), durable);
    this.#record.apply(line);
  }

  async #run(change: () => Promise<void>): Promise<void> {
    if (this.#hasEnded) throw new Error('a transaction was used after its end');
    try {
      await this.#queue.run(change);
    } catch (error) {
      throw writeError(this.#journal.path, error);
    }
  }
}
