import { timeText } from '../../core/values/time.ts';
import type { Counters } from '../mapping/view.ts';
import type { ObservedForward, RuleCounters } from '../plan/changes.ts';

interface Entry {
  readonly seen: RuleCounters;
  readonly total: RuleCounters;
  readonly last_hit_at: string | null;
}

const FRESH_MS = 1000;

export class CounterTotals {
  readonly #routers = new Map<string, Map<string, Entry>>();
  readonly #notedMs = new Map<string, number>();

  /** Takes what was found in a router at `now`. Mappings that are no longer there are forgotten. */
  record(router_id: string, forwards: readonly ObservedForward[], now: Date): void {
    const before = this.#routers.get(router_id);
    const entries = forwards.flatMap(({ mapping_id, counters: tally }): [string, Entry][] =>
      tally ? [[mapping_id, next(before?.get(mapping_id), tally, now)]] : [],
    );
    this.#routers.set(router_id, new Map(entries));
    this.#notedMs.set(router_id, now.getTime());
  }

  /** Whether the router was looked at in the last second. */
  isFresh(router_id: string, now: Date): boolean {
    return now.getTime() - (this.#notedMs.get(router_id) ?? Number.NEGATIVE_INFINITY) < FRESH_MS;
  }

  of(router_id: string, mapping_id: string): Counters | undefined {
    const entry = this.#routers.get(router_id)?.get(mapping_id);
    return entry && { ...entry.total, last_hit_at: entry.last_hit_at };
  }
}

function next(before: Entry | undefined, seen: RuleCounters, now: Date): Entry {
  if (before === undefined) return { seen, total: seen, last_hit_at: null };
  const base = seen.packets >= before.seen.packets ? before.seen : { packets: 0, bytes: 0 };
  const packets = seen.packets - base.packets;
  const total = { packets: before.total.packets + packets, bytes: before.total.bytes + seen.bytes - base.bytes };
  return { seen, total, last_hit_at: packets > 0 ? timeText(now) : before.last_hit_at };
}
