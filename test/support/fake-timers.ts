/** A clock and timers whose time passes only when a test lets it. */
import type { Timers } from '../../src/core/timers.ts';
import { FakeClock } from './fake-clock.ts';

interface Waiting {
  readonly dueMs: number;
  readonly work: () => void;
}

export class FakeTimers implements Timers {
  readonly clock: FakeClock;
  #waiting: readonly Waiting[] = [];

  constructor(now: string) {
    this.clock = new FakeClock(now);
  }

  /** Number of waiting timers. */
  get count(): number {
    return this.#waiting.length;
  }

  after(milliseconds: number, work: () => void): () => void {
    const entry = { dueMs: this.clock.elapsedMs() + milliseconds, work };
    this.#waiting = [...this.#waiting, entry];
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== entry);
    };
  }

  /** Lets time pass. A due timer runs at its time, and the work that it starts proceeds before the time passes on. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.clock.elapsedMs() + milliseconds;
    for (;;) {
      await settled();
      const [next] = this.#waiting.filter(({ dueMs }) => dueMs <= end).toSorted((a, b) => a.dueMs - b.dueMs);
      if (next === undefined) break;
      this.#waiting = this.#waiting.filter((other) => other !== next);
      this.#passTo(Math.max(next.dueMs, this.clock.elapsedMs()));
      next.work();
    }
    this.#passTo(end);
    await settled();
  }

  #passTo(elapsedMs: number): void {
    this.clock.advance((elapsedMs - this.clock.elapsedMs()) / 1000);
  }
}

/** Lets all pending promises and immediates run. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
