/**
 * The counters of mappings over the life of this process. The kernel counts from zero whenever the rules of a mapping are
 * replaced; these totals do not.
 */
import { timeText } from '../../core/values/time.ts';
import type { Counters } from '../mapping/view.ts';
import type { ObservedForward, RuleCounters } from '../plan/changes.ts';

interface MappingTotals {
  /** The last reading of the kernel. */
  readonly reading: RuleCounters;
  readonly total: RuleCounters;
  readonly lastHitAt: string | null;
}

export class CounterTotals {
  readonly #routers = new Map<string, Map<string, MappingTotals>>();

  /** Adds what was read from a router at `now`, and drops the mappings that have no rules any more. */
  record(routerId: string, forwards: readonly ObservedForward[], now: Date): void {
    const before = this.#routers.get(routerId);
    const totals = forwards.flatMap(({ mapping_id, counters }): [string, MappingTotals][] =>
      counters ? [[mapping_id, next(before?.get(mapping_id), counters, now)]] : [],
    );
    this.#routers.set(routerId, new Map(totals));
  }

  of(routerId: string, mappingId: string): Counters | undefined {
    const totals = this.#routers.get(routerId)?.get(mappingId);
    return totals && { ...totals.total, last_hit_at: totals.lastHitAt };
  }
}

function next(before: MappingTotals | undefined, reading: RuleCounters, now: Date): MappingTotals {
  if (before === undefined) return { reading, total: reading, lastHitAt: null };
  // A smaller reading is one of new rules, which began at zero.
  const base = reading.packets >= before.reading.packets ? before.reading : { packets: 0, bytes: 0 };
  const packets = reading.packets - base.packets;
  const total = { packets: before.total.packets + packets, bytes: before.total.bytes + reading.bytes - base.bytes };
  return { reading, total, lastHitAt: packets > 0 ? timeText(now) : before.lastHitAt };
}
