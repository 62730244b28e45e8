/** Tells when mappings expire, and before that when they will soon. One timer for all routers. */
import type { Clock } from '../../core/clock.ts';
import type { Timers } from '../../core/timers.ts';
import { isExpired } from '../../core/values/time.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { RouterRecord } from '../mapping/record.ts';

interface ExpiryWatchParts {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Called when mappings of the router have just expired. */
  readonly onExpired: (routerId: string, mappings: readonly Mapping[]) => void;
  /** Called once for each mapping and expiry time, before it expires. */
  readonly onExpiringSoon: (mapping: Mapping) => void;
}

const SOON_MS = 5 * 60 * 1000;
/** A timer may fire a fraction of a millisecond early. */
const TIMER_SLACK_MS = 5;
/** Longer timers overflow; a later time is scheduled again when the timer fires. */
const MAX_TIMER_MS = 24 * 3600 * 1000;

export class ExpiryWatch {
  readonly #parts: ExpiryWatchParts;
  readonly #routers = new Map<string, readonly Mapping[]>();
  /** By router, the time of its next callback. */
  readonly #dueTimes = new Map<string, number>();
  readonly #warned = new Set<string>();
  #cancel: (() => void) | undefined;
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(parts: ExpiryWatchParts) {
    this.#parts = parts;
  }

  /** Takes the current record of a router. */
  update(record: RouterRecord): void {
    const now = this.#parts.clock.now();
    // A mapping that has expired since the timer was set has had no callback yet, so it stays until the timer fires.
    const watched = new Set((this.#routers.get(record.router_id) ?? []).map(expiryKey));
    const expiring = [...record.mappings.values()].filter(
      (mapping) =>
        mapping.enabled && mapping.expires_at !== null && (!isExpired(mapping, now) || watched.has(expiryKey(mapping))),
    );
    this.#watch(record.router_id, expiring);
    this.#schedule();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#routers.clear();
    this.#dueTimes.clear();
  }

  #schedule(): void {
    const now = this.#parts.clock.now().getTime();
    let dueMs = Number.POSITIVE_INFINITY;
    for (const time of this.#dueTimes.values()) dueMs = Math.min(dueMs, time);
    if (dueMs === this.#dueMs && this.#cancel) return;
    this.#cancel?.();
    this.#dueMs = dueMs;
    if (dueMs === Number.POSITIVE_INFINITY) {
      this.#cancel = undefined;
      return;
    }
    const waitMs = Math.min(Math.max(0, dueMs - now) + TIMER_SLACK_MS, MAX_TIMER_MS);
    this.#cancel = this.#parts.timers.after(waitMs, () => this.#onTimer());
  }

  /** Computes the due time of this router only, because each change of any router calls it. */
  #watch(routerId: string, mappings: readonly Mapping[]): void {
    if (mappings.length === 0) {
      this.#routers.delete(routerId);
      this.#dueTimes.delete(routerId);
      return;
    }
    this.#routers.set(routerId, mappings);
    this.#dueTimes.set(routerId, Math.min(...mappings.map((mapping) => this.#dueTimeOf(mapping))));
  }

  #dueTimeOf(mapping: Mapping): number {
    const expiryMs = Date.parse(mapping.expires_at ?? '');
    return this.#warned.has(expiryKey(mapping)) ? expiryMs : expiryMs - SOON_MS;
  }

  #onTimer(): void {
    const now = this.#parts.clock.now();
    this.#cancel = undefined;
    for (const [routerId, mappings] of this.#routers) {
      const expired = mappings.filter((mapping) => isExpired(mapping, now));
      const remaining = mappings.filter((mapping) => !isExpired(mapping, now));
      for (const mapping of expired) this.#warned.delete(expiryKey(mapping));
      for (const mapping of remaining) this.#warn(mapping, now);
      this.#watch(routerId, remaining);
      if (expired.length > 0) this.#parts.onExpired(routerId, expired);
    }
    this.#schedule();
  }

  #warn(mapping: Mapping, now: Date): void {
    const key = expiryKey(mapping);
    if (this.#warned.has(key) || Date.parse(mapping.expires_at ?? '') - SOON_MS > now.getTime()) return;
    this.#warned.add(key);
    this.#parts.onExpiringSoon(mapping);
  }
}

function expiryKey({ id, expires_at }: Mapping): string {
  return `${id} ${expires_at}`;
}
