/** The record of a router in the memory of its writer, with the number of its last change. Changes can be taken back. */
import { type Delta, type RouterRecord, withDelta } from '../../../pat/mapping/record.ts';

interface NumberedRecord {
  readonly record: RouterRecord;
  readonly seq: number;
}

export class LiveRecord {
  #current: NumberedRecord;
  #checkpoint: NumberedRecord;

  constructor(record: RouterRecord, seq: number) {
    this.#current = { record, seq };
    this.#checkpoint = this.#current;
  }

  /** The record after the last change. Later changes do not affect what was given. */
  get view(): RouterRecord {
    return this.#current.record;
  }

  /** The number of the last change. */
  get seq(): number {
    return this.#current.seq;
  }

  /** Makes all changes so far permanent: `rollback` goes back to this point. */
  checkpoint(): void {
    this.#checkpoint = this.#current;
  }

  /** Applies the next change. */
  apply(delta: Delta): void {
    this.#current = { record: withDelta(this.view, delta), seq: this.seq + 1 };
  }

  /** Takes back all changes since `checkpoint`. */
  rollback(): void {
    this.#current = this.#checkpoint;
  }
}
