/** Time that passes when a test says so: a clock and timers that go together. */
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

  /** How many are set. */
  get count(): number {
    return this.#waiting.length;
  }

  after(milliseconds: number, work: () => void): () => void {
    const entry = { dueMs: this.clock.now().getTime() + milliseconds, work };
    this.#waiting = [...this.#waiting, entry];
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== entry);
    };
  }

  /** Lets that much time pass; what is due runs at its time, and what it starts gets its turn before time goes on. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.clock.now().getTime() + milliseconds;
    for (;;) {
      await settled();
      const [next] = this.#waiting.filter(({ dueMs }) => dueMs <= end).toSorted((a, b) => a.dueMs - b.dueMs);
      if (next === undefined) break;
      this.#waiting = this.#waiting.filter((other) => other !== next);
      this.clock.set(new Date(Math.max(next.dueMs, this.clock.now().getTime())));
      next.work();
    }
    this.clock.set(new Date(end));
    await settled();
  }
}

/** Lets everything that is ready run, however many steps it takes. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
