/**
 * Removes all rules of praas from the routers of a node, whatever the store says: for uninstalling. Connections through the
 * rules end, as they do when a mapping is deleted. Unmanaged rules stay.
 */
import { isPraasError } from '../errors.ts';
import type { Dataplane } from '../interfaces/dataplane.ts';
import type { PublicEndpoint } from '../mapping/forward.ts';
import { isEmptyChanges } from '../plan/changes.ts';
import { plan } from '../plan/plan.ts';
import { staleFlows } from '../plan/stale-flows.ts';

/** Gives the number of mappings that had rules on this node. Throws as Dataplane.apply does. */
export async function removeAllForwards(dataplane: Dataplane): Promise<number> {
  let mappings = 0;
  for (const routerId of await dataplane.routers()) mappings += await removeForwards(dataplane, routerId);
  return mappings;
}

async function removeForwards(dataplane: Dataplane, routerId: string): Promise<number> {
  try {
    const { forwards } = await dataplane.observe(routerId);
    const changes = plan([], forwards);
    if (!isEmptyChanges(changes)) await dataplane.apply(routerId, changes);
    const endpoints: PublicEndpoint[] = forwards.flatMap(({ forward }) => forward ?? []);
    const flows = staleFlows(await dataplane.flows(routerId, endpoints), endpoints, []);
    if (flows.length > 0) await dataplane.endFlows(routerId, flows, []);
    await dataplane.removeBaseChains(routerId);
    return new Set(forwards.map(({ mapping_id }) => mapping_id)).size;
  } catch (error) {
    // The namespace was deleted meanwhile, and its rules with it.
    if (isPraasError(error, 'ROUTER_NOT_FOUND')) return 0;
    throw error;
  }
}
