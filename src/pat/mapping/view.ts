/** A mapping as callers see it. */
import type { Mapping } from './mapping.ts';

/**
 * What the rules of a mapping have seen. NAT rules see the first packet of each connection, so `packets` counts
 * connections, and `bytes` those first packets.
 */
export interface Counters {
  readonly packets: number;
  readonly bytes: number;
  /** RFC 3339; null when nobody has come since the daemon watches. As exact as the daemon's looks are frequent. */
  readonly last_hit_at: string | null;
}

/** A mapping as people see it. `counters` are null where no daemon watches, and while nothing is known yet. */
export type MappingView = Mapping & { readonly counters: Counters | null };
