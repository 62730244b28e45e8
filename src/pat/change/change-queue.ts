/**
 * Changes of one router that wait for one another. Those that wait together are taken as one batch; one that must be retried
 * alone is a batch of its own.
 */

/** A waiting change, with the callbacks that settle the promise of `enqueue`. */
export interface QueuedChange<C, R> {
  readonly change: C;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
  readonly isAlone: boolean;
}

/** Maximum number of changes in a batch, because they wait for one another. */
const MAX_BATCH = 256;

export class ChangeQueue<C, R> {
  readonly #waiting: QueuedChange<C, R>[] = [];

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Adds a change at the end; settles when the batch of the change has been carried out. */
  enqueue(change: C): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ change, resolve, reject, isAlone: false });
    });
  }

  /** Puts these changes back at the front, each as a batch of its own. */
  retryAlone(queued: readonly QueuedChange<C, R>[]): void {
    this.#waiting.unshift(...queued.map((each) => ({ ...each, isAlone: true })));
  }

  /** Takes the next batch: a change that must be alone, or all changes up to the next such. */
  takeBatch(): QueuedChange<C, R>[] {
    const alone = this.#waiting.findIndex(({ isAlone }) => isAlone);
    const count = alone === 0 ? 1 : alone > 0 ? alone : this.#waiting.length;
    return this.#waiting.splice(0, Math.min(count, MAX_BATCH));
  }

  /** Rejects all waiting changes. */
  rejectAll(error: unknown): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
