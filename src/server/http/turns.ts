/**
 * Turns of callers and addresses. Requests of one beyond a few wait for those before them, and while others are there, too, it pauses
 * between them: that time is for the others. One that is alone never pauses.
 */
import type { SteadyClock } from '../../core/clock.ts';
import { Places } from '../../core/places.ts';
import type { Timers } from '../../core/timers.ts';
import { UnderWay } from '../../core/under-way.ts';

/** Requests of one that have their turn at the same time. */
const TURNS_AT_A_TIME = 2;
/** Between two turns of one of whom more wait, while others are there: at least that long, */
const PAUSE_MS = 40;
/** and so many times as long as the turn took, which grows with the load of the machine; */
const PAUSES_PER_TURN = 3;
/** but a turn that took long may just have waited for something. */
const MAX_PAUSE_MS = 400;
/** Who asks again within that time has been there all along. */
const LINGER_MS = 100;
/** So long it goes on from turn to turn, while nobody else is there, before it sees who has arrived. */
const UNSEEN_MS = 5;
const NO_LIMIT = -1;

export class Turns {
  readonly #timers: Timers;
  readonly #clock: SteadyClock;
  #seenAt = 0;
  readonly #places = new Map<string, Places>();
  readonly #present = new UnderWay();

  constructor(timers: Timers, clock: SteadyClock) {
    this.#timers = timers;
    this.#clock = clock;
  }

  /** Somebody is there, with a request under way. Gives what ends that. */
  attend(key: string): () => void {
    const leave = this.#present.begin(key, NO_LIMIT);
    return () => leave && void this.#timers.after(LINGER_MS, leave);
  }

  /** Does work in a turn of that key. Gives and throws what the work does, as soon as it does; the turn may last longer. */
  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const places = this.#places.get(key) ?? new Places(TURNS_AT_A_TIME);
    this.#places.set(key, places);
    const { promise, resolve } = Promise.withResolvers<T>();
    const turn = async (): Promise<void> => {
      const began = this.#clock.elapsedMs();
      const result = work();
      resolve(result);
      // Work that fails has cost as much.
      await result.catch(() => undefined);
      const pauseMs = PAUSES_PER_TURN * (this.#clock.elapsedMs() - began);
      await this.#see(key);
      if (places.isAwaited && this.#present.hasOther(key))
        await this.#wait(Math.min(Math.max(PAUSE_MS, pauseMs), MAX_PAUSE_MS));
    };
    void places.run(turn).finally(() => places.isIdle && this.#places.delete(key));
    return promise;
  }

  /** Requests that have arrived meanwhile are seen only after a wait: until then, nobody seems to be there. */
  async #see(key: string): Promise<void> {
    if (!this.#present.hasOther(key) && this.#clock.elapsedMs() - this.#seenAt < UNSEEN_MS) return;
    await this.#wait(0);
    this.#seenAt = this.#clock.elapsedMs();
  }

  #wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.#timers.after(milliseconds, resolve));
  }
}
