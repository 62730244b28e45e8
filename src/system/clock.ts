/** The only place that asks the machine for the time and for randomness. */
import type { Clock, NewId } from '../pat/ports.ts';

export const systemClock: Clock = { now: () => new Date() };

/** The global one: importing node:crypto costs every command some milliseconds, also those that need no UUID. */
export const newUuid: NewId = () => crypto.randomUUID();
