/** The time, timers and randomness of the machine. Only this file reads them; all other rooms are given what it exports. */
import type { Clock, SteadyClock } from '../core/clock.ts';
import type { NewId } from '../core/ids.ts';

export const systemClock: Clock & SteadyClock = { now: () => new Date(), elapsedMs: () => performance.now() };

/** The global crypto: importing node:crypto costs each command some milliseconds, also without a UUID. */
export const newUuid: NewId = () => crypto.randomUUID();

/** A running timer keeps the process alive. */
export const systemTimers = {
  after(milliseconds: number, work: () => void): () => void {
    const timer = setTimeout(work, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** Gives 32 random bytes for a secret. */
export const newSecret = (): Uint8Array => crypto.getRandomValues(new Uint8Array(32));
