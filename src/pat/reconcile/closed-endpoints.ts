/**
 * Ports that were closed by what was known of a router and not by what was read of it: a rule of another program that came since may keep
 * them open. They are looked at when the rules of the router are read again.
 */
import { endpointKey, endpointOf, type PublicEndpoint } from '../mapping/forward.ts';

/** Of one router; the oldest go first. */
const MAX_ENDPOINTS = 20_000;

export class ClosedEndpoints {
  readonly #routers = new Map<string, Map<string, PublicEndpoint>>();

  /** Adds those that were closed, or may have been. */
  add(routerId: string, endpoints: readonly PublicEndpoint[]): void {
    if (endpoints.length === 0) return;
    const present = this.#routers.get(routerId) ?? new Map<string, PublicEndpoint>();
    this.#routers.set(routerId, present);
    for (const endpoint of endpoints) present.set(endpointKey(endpoint), endpointOf(endpoint));
    for (const key of present.keys()) {
      if (present.size <= MAX_ENDPOINTS) return;
      present.delete(key);
    }
  }

  /** Gives those of a router that has just been read, but for these, and forgets them. */
  take(routerId: string, except: readonly PublicEndpoint[]): readonly PublicEndpoint[] {
    const present = this.#routers.get(routerId) ?? new Map<string, PublicEndpoint>();
    this.#routers.delete(routerId);
    for (const endpoint of except) present.delete(endpointKey(endpoint));
    return [...present.values()];
  }
}
