import type { Clock, SteadyClock } from '../../src/core/clock.ts';

const SECOND_MS = 1000;

export class FakeClock implements Clock, SteadyClock {
  #time: number;
  #elapsedMs = 0;

  constructor(start: string) {
    this.#time = Date.parse(start);
  }

  now(): Date {
    return new Date(this.#time);
  }

  elapsedMs(): number {
    return this.#elapsedMs;
  }

  /** The time of day jumps, and no time passes. */
  set(time: Date): void {
    this.#time = time.getTime();
  }

  advance(seconds: number): void {
    this.#time += seconds * SECOND_MS;
    this.#elapsedMs += seconds * SECOND_MS;
  }
}
