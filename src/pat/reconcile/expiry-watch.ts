/** Mappings end on time: this says when, for all routers together, with one timer. */
import type { Clock } from '../../core/clock.ts';
import type { Timers } from '../../core/timers.ts';
import { isExpired } from '../../core/values/time.ts';
import { type Mapping } from '../mapping/mapping.ts';
import type { RouterRecord } from '../mapping/record.ts';

export interface ExpiryWatchParts {
  readonly clock: Clock;
  readonly timers: Timers;
  /** A mapping of the router has just ended. */
  readonly onExpired: (router_id: string, mappings: readonly Mapping[]) => void;
  /** It will end soon; said once for each mapping and time. */
  readonly onSoon: (mapping: Mapping) => void;
}

const SOON_MS = 5 * 60 * 1000;
/** A timer may be early by a part of a millisecond. */
const LATE_MS = 5;
/** Longer ones overflow; what is further away is looked at again then. */
const MOST_MS = 24 * 3600 * 1000;

export class ExpiryWatch {
  readonly #parts: ExpiryWatchParts;
  readonly #routers = new Map<string, readonly Mapping[]>();
  /** By router, when something of it is next to be done. */
  readonly #moments = new Map<string, number>();
  readonly #warned = new Set<string>();
  #callOff: (() => void) | undefined;
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(parts: ExpiryWatchParts) {
    this.#parts = parts;
  }

  /** Takes a router's record as it is now. */
  update(record: RouterRecord): void {
    const now = this.#parts.clock.now();
    // One that has ended since the timer was set has not been said yet: it waits for the timer like the others.
    const awaited = new Set((this.#routers.get(record.router_id) ?? []).map(keyOf));
    const ending = [...record.mappings.values()].filter(
      (mapping) =>
        mapping.enabled && mapping.expires_at !== null && (!isExpired(mapping, now) || awaited.has(keyOf(mapping))),
    );
    this.#keep(record.router_id, ending);
    this.#wait();
  }

  stop(): void {
    this.#callOff?.();
    this.#callOff = undefined;
    this.#routers.clear();
    this.#moments.clear();
  }

  #wait(): void {
    const now = this.#parts.clock.now().getTime();
    let due = Number.POSITIVE_INFINITY;
    for (const moment of this.#moments.values()) due = Math.min(due, moment);
    if (due === this.#dueMs && this.#callOff) return;
    this.#callOff?.();
    this.#dueMs = due;
    if (due === Number.POSITIVE_INFINITY) {
      this.#callOff = undefined;
      return;
    }
    const waitMs = Math.min(Math.max(0, due - now) + LATE_MS, MOST_MS);
    this.#callOff = this.#parts.timers.after(waitMs, () => this.#ring());
  }

  /** Only this router's times are looked at again: any change of any router comes here. */
  #keep(router_id: string, mappings: readonly Mapping[]): void {
    if (mappings.length === 0) {
      this.#routers.delete(router_id);
      this.#moments.delete(router_id);
      return;
    }
    this.#routers.set(router_id, mappings);
    this.#moments.set(router_id, Math.min(...mappings.map((mapping) => this.#nextMoment(mapping))));
  }

  #nextMoment(mapping: Mapping): number {
    const end = Date.parse(mapping.expires_at ?? '');
    return this.#warned.has(keyOf(mapping)) ? end : end - SOON_MS;
  }

  #ring(): void {
    const now = this.#parts.clock.now();
    this.#callOff = undefined;
    for (const [router_id, mappings] of this.#routers) {
      const expired = mappings.filter((mapping) => isExpired(mapping, now));
      const left = mappings.filter((mapping) => !isExpired(mapping, now));
      for (const mapping of expired) this.#warned.delete(keyOf(mapping));
      for (const mapping of left) this.#warn(mapping, now);
      this.#keep(router_id, left);
      if (expired.length === 0) continue;
      this.#parts.onExpired(router_id, expired);
    }
    this.#wait();
  }

  #warn(mapping: Mapping, now: Date): void {
    const key = keyOf(mapping);
    if (this.#warned.has(key) || Date.parse(mapping.expires_at ?? '') - SOON_MS > now.getTime()) return;
    this.#warned.add(key);
    this.#parts.onSoon(mapping);
  }
}

function keyOf({ id, expires_at }: Mapping): string {
  return `${id} ${expires_at}`;
}
