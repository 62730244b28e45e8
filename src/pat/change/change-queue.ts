/**
 * The line in which changes of one router wait for one another. One that came alone, or has to be tried alone, goes alone;
 * those that came together go together.
 */

/** A change in line, and how whoever waits for it is told. */
export interface Pending<C, D> {
  readonly change: C;
  readonly resolve: (done: D) => void;
  readonly reject: (error: unknown) => void;
  readonly isAlone: boolean;
}

/** So many changes go together at most: they wait for one another. */
const MAX_BATCH = 256;

export class ChangeQueue<C, D> {
  readonly #waiting: Pending<C, D>[] = [];

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Puts a change at the end; resolves or rejects as whoever carries it out says. */
  enqueue(change: C): Promise<D> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ change, resolve, reject, isAlone: false });
    });
  }

  /** Puts these back in front, to be tried one by one. */
  retryAlone(pending: readonly Pending<C, D>[]): void {
    this.#waiting.unshift(...pending.map((each) => ({ ...each, isAlone: true })));
  }

  /** Takes the next batch: one that has to be alone, or everybody up to the next such. */
  takeBatch(): Pending<C, D>[] {
    const alone = this.#waiting.findIndex(({ isAlone }) => isAlone);
    const count = alone === 0 ? 1 : alone > 0 ? alone : this.#waiting.length;
    return this.#waiting.splice(0, Math.min(count, MAX_BATCH));
  }

  /** Rejects everybody in line. */
  rejectAll(error: unknown): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
