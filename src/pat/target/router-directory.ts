/**
 * What Neutron last said of all routers, for people and for choosing a namespace: names, and why a router is not here. It is
 * read anew now and then, so it may be old. Invariant: nobody publishes by it; whose a router is never changes, so that much
 * may be shown by it.
 */

import type { Requester } from '../../core/identity/requester.ts';
import type { Cloud, CloudRouter } from '../interfaces/cloud.ts';
import { type Reason, reason } from '../mapping/reasons.ts';

export class RouterDirectory {
  #routers: ReadonlyMap<string, CloudRouter> | undefined;
  #reading: Promise<void> | undefined;

  /** Reads all routers, as one list; who comes meanwhile waits for the same. Throws the errors of Cloud, then what was known stays. */
  refresh(cloud: Pick<Cloud, 'routers'>): Promise<void> {
    this.#reading ??= this.#read(cloud).finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** Undefined while nothing is known of it. */
  of(router_id: string): CloudRouter | undefined {
    return this.#routers?.get(router_id);
  }

  /** The id of the only router of that name that the requester sees; undefined for none or several. */
  find(name: string, requester: Requester): string | undefined {
    const named = [...(this.#routers?.values() ?? [])].filter(
      (router) => router.name === name && requester.sees(router.project_id),
    );
    return named.length === 1 ? named[0]?.id : undefined;
  }

  /** Whether the requester may know of the router; where its project is not known, only those who see all. */
  isVisible(router_id: string, requester: Requester): boolean {
    return requester.sees(this.of(router_id)?.project_id ?? null);
  }

  /** Why the router is not on this node, as far as that is known; undefined when nothing explains it. */
  whyAbsent(router_id: string): Reason | undefined {
    if (this.#routers === undefined) return undefined;
    const router = this.#routers.get(router_id);
    if (router === undefined) return undefined;
    if (!router.isUp) return reason('ROUTER_DISABLED', { router: router.name });
    return undefined;
  }

  /** Why the router has no gateway address here. */
  whyNoGateway(router_id: string): Reason | undefined {
    const router = this.of(router_id);
    if (router === undefined) return undefined;
    if (router.gateway_ips.length === 0) return reason('NO_EXTERNAL_GATEWAY', { router: router.name });
    if (router.isHa) return reason('ROUTER_STANDBY');
    return undefined;
  }

  async #read(cloud: Pick<Cloud, 'routers'>): Promise<void> {
    const routers = await cloud.routers();
    this.#routers = new Map(routers.map((router) => [router.id, router]));
  }
}
