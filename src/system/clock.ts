/** The only place that asks the machine for the time and for randomness. */
import { randomUUID } from 'node:crypto';
import type { Clock, NewId } from '../pat/ports.ts';

export const systemClock: Clock = { now: () => new Date() };

export const newUuid: NewId = () => randomUUID();
