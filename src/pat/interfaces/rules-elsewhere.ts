/** A router that is not on this node, and whose rules are: their ports are open under another name. */
import { type PraasError, praasError } from '../errors.ts';
import type { Dataplane } from './dataplane.ts';
import type { MappingStore } from './store.ts';

interface HolderParts {
  readonly agent: Pick<Dataplane, 'holderOf'>;
  readonly store: Pick<MappingStore, 'routers'>;
}

/** Takes mappings of a router that is not on this node. Gives RULES_ELSEWHERE where one of another name has their rules. */
export async function rulesElsewhere(
  router: string,
  mappingIds: readonly string[],
  { agent, store }: HolderParts,
): Promise<PraasError | undefined> {
  if (mappingIds.length === 0) return undefined;
  const holder = await agent.holderOf(mappingIds, await store.routers());
  return holder === undefined ? undefined : praasError('RULES_ELSEWHERE', { router, holder });
}
