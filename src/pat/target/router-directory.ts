/**
 * All routers as Neutron last listed them: their names for people, and why a router is not on this node. The list is read
 * periodically, so it can be outdated. Invariant: no request is authorized by it. It may decide what a requester sees, because
 * a router never changes its project.
 */

import type { Requester } from '../../core/identity/requester.ts';
import type { Cloud, CloudRouter } from '../interfaces/cloud.ts';
import { type Reason, reason } from '../mapping/reasons.ts';

export class RouterDirectory {
  #routers: ReadonlyMap<string, CloudRouter> | undefined;
  #reading: Promise<void> | undefined;

  /** Reads all routers; concurrent calls share one request. Throws the errors of Cloud and keeps the last list. */
  refresh(cloud: Pick<Cloud, 'routers'>): Promise<void> {
    this.#reading ??= this.#read(cloud).finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** Gives the router as last listed; undefined where it is unknown. */
  of(routerId: string): CloudRouter | undefined {
    return this.#routers?.get(routerId);
  }

  /** Gives the ID of the router with that name; undefined where the requester sees none or several. */
  find(name: string, requester: Requester): string | undefined {
    const named = [...(this.#routers?.values() ?? [])].filter(
      (router) => router.name === name && requester.sees(router.project_id),
    );
    return named.length === 1 ? named[0]?.id : undefined;
  }

  /** True where the requester may see the router; a router of unknown project is visible to requesters of all projects only. */
  isVisible(routerId: string, requester: Requester): boolean {
    return requester.sees(this.of(routerId)?.project_id ?? null);
  }

  /** Why the router is not on this node; undefined where Neutron does not explain it. */
  whyAbsent(routerId: string): Reason | undefined {
    const router = this.of(routerId);
    return router === undefined || router.isUp ? undefined : reason('ROUTER_DISABLED', { router: router.name });
  }

  /** Why the router has no gateway address on this node; undefined where Neutron does not explain it. */
  whyNoGateway(routerId: string): Reason | undefined {
    const router = this.of(routerId);
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
