/** A mapping as the API shows it. */
import type { Mapping } from './mapping.ts';

/**
 * The counters of a mapping's rules. NAT rules see only the first packet of each connection, so `packets` counts connections
 * and `bytes` the bytes of those first packets.
 */
export interface Counters {
  readonly packets: number;
  readonly bytes: number;
  /** RFC 3339, exact to one sync period; null when no client has connected since the daemon started. */
  readonly last_hit_at: string | null;
}

/** `counters` are null where no daemon runs, and until it has read them once. */
export type MappingView = Mapping & { readonly counters: Counters | null };
