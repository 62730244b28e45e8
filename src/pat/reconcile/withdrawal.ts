/**
 * Takes everything of praas out of a router, whatever the store says: for a node that praas leaves. Connections through it
 * end, as they do when a mapping is deleted. Nothing of anybody else is touched.
 */
import { isPraasError } from '../errors.ts';
import type { Dataplane } from '../interfaces/dataplane.ts';
import type { Endpoint } from '../mapping/forward.ts';
import { isEmptyChanges } from '../plan/changes.ts';
import { plan } from '../plan/plan.ts';
import { staleFlows } from '../plan/stale-flows.ts';

/** Gives how many mappings were published in the routers of this node. Throws as Dataplane.apply does. */
export async function withdrawAll(dataplane: Dataplane): Promise<number> {
  let mappings = 0;
  for (const router_id of await dataplane.routers()) mappings += await withdrawFrom(dataplane, router_id);
  return mappings;
}

async function withdrawFrom(dataplane: Dataplane, router_id: string): Promise<number> {
  try {
    const { forwards } = await dataplane.observe(router_id);
    const changes = plan([], forwards);
    if (!isEmptyChanges(changes)) await dataplane.apply(router_id, changes);
    const endpoints: Endpoint[] = forwards.flatMap(({ forward }) => forward ?? []);
    const flows = staleFlows(await dataplane.flows(router_id, endpoints), endpoints, []);
    if (flows.length > 0) await dataplane.endFlows(router_id, flows, []);
    await dataplane.removeBaseChains(router_id);
    return new Set(forwards.map(({ mapping_id }) => mapping_id)).size;
  } catch (error) {
    // A router that goes meanwhile takes its rules with it.
    if (isPraasError(error, 'ROUTER_NOT_FOUND')) return 0;
    throw error;
  }
}
