import type { Clock } from '../../src/core/clock.ts';

const SECOND_MS = 1000;

export class FakeClock implements Clock {
  #time: number;

  constructor(start: string) {
    this.#time = Date.parse(start);
  }

  now(): Date {
    return new Date(this.#time);
  }

  set(time: Date): void {
    this.#time = time.getTime();
  }

  advance(seconds: number): void {
    this.#time += seconds * SECOND_MS;
  }
}
