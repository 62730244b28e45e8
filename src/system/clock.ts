import type { Clock } from '../core/clock.ts';
import type { NewId } from '../core/ids.ts';

export const systemClock: Clock = { now: () => new Date() };

/** The global one: importing node:crypto costs every command some milliseconds, also those that need no UUID. */
export const newUuid: NewId = () => crypto.randomUUID();

/** One that is waited for keeps the process alive. */
export const systemTimers = {
  after(milliseconds: number, work: () => void): () => void {
    const timer = setTimeout(work, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** 32 random bytes, for a secret that nobody can guess. */
export const newSecret = (): Uint8Array => crypto.getRandomValues(new Uint8Array(32));
