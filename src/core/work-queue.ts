/**
 * A queue of keys to work on. Each key is queued once, is worked on by one worker at a time, and is queued again when it is added
 * during that work. A few keys are worked on concurrently; work that takes long stops counting and continues beside the others, so
 * that one slow key never blocks the rest.
 */
import type { Timers } from './timers.ts';

interface WorkQueueParts {
  readonly timers: Timers;
  /** Works on one key. Must not reject. */
  readonly work: (key: string, reason: string) => Promise<void>;
  readonly concurrency: number;
  /** Work that takes longer no longer counts towards `concurrency`. */
  readonly slowAfterMs: number;
}

export class WorkQueue {
  readonly #parts: WorkQueueParts;
  /** Reasons by key, in the order of adding; the first reason is kept. */
  readonly #urgent = new Map<string, string>();
  readonly #usual = new Map<string, string>();
  readonly #running = new Map<string, Promise<void>>();
  /** How many of the running ones count towards `concurrency`. */
  #counted = 0;
  #isClosed = false;
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(parts: WorkQueueParts) {
    this.#parts = parts;
  }

  /** Queues a key, unless it is queued already. Urgent keys are worked on first. */
  add(key: string, reason: string, isUrgent: boolean): void {
    if (this.#isClosed) return;
    if (isUrgent) {
      this.#usual.delete(key);
      if (!this.#urgent.has(key)) this.#urgent.set(key, reason);
    } else if (!this.#urgent.has(key) && !this.#usual.has(key)) this.#usual.set(key, reason);
    this.#startNext();
  }

  /** Resolves when no key is queued and no work is running. */
  idle(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    this.#idle ??= Promise.withResolvers();
    return this.#idle.promise;
  }

  /** Drops the queued keys and accepts no more; resolves when the running work is done. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#urgent.clear();
    this.#usual.clear();
    await Promise.all(this.#running.values());
    this.#idle?.resolve();
  }

  #startNext(): void {
    for (const queued of [this.#urgent, this.#usual]) {
      for (const [key, reason] of queued) {
        if (this.#counted >= this.#parts.concurrency) return;
        if (this.#running.has(key)) continue;
        queued.delete(key);
        this.#start(key, reason);
      }
    }
  }

  #start(key: string, reason: string): void {
    const { timers, work, slowAfterMs } = this.#parts;
    let isCounted = true;
    this.#counted++;
    const stopCounting = (): void => {
      if (!isCounted) return;
      isCounted = false;
      this.#counted--;
    };
    const cancel = timers.after(slowAfterMs, () => {
      stopCounting();
      this.#startNext();
    });
    const ended = work(key, reason).finally(() => {
      cancel();
      stopCounting();
      this.#running.delete(key);
      this.#startNext();
      if (this.#isIdle()) this.#idle?.resolve();
      if (this.#isIdle()) this.#idle = undefined;
    });
    this.#running.set(key, ended);
  }

  #isIdle(): boolean {
    return this.#urgent.size + this.#usual.size + this.#running.size === 0;
  }
}
