import type { SecurityGroupAccess } from '../interfaces/security-groups.ts';
import type { MappingStore } from '../interfaces/store.ts';

export interface OpenedRulesParts {
  readonly store: Pick<MappingStore, 'routers' | 'read'>;
  readonly groups?: SecurityGroupAccess | undefined;
}

/**
 * Takes away those that no mapping has any more. Gives a sentence for each that stayed and should not have; never throws.
 * What cannot be read may live on any of them: then all stay.
 */
export async function closeUnused(
  { store, groups }: OpenedRulesParts,
  ruleIds: readonly string[],
): Promise<readonly string[]> {
  if (groups === undefined || ruleIds.length === 0) return [];
  const used = await rulesInUse(store);
  if (used === undefined) return [`security group rules ${ruleIds.join(', ')} stay: other mappings may need them`];
  return groups.close([...new Set(ruleIds)].filter((id) => !used.has(id)));
}

async function rulesInUse(store: OpenedRulesParts['store']): Promise<ReadonlySet<string> | undefined> {
  try {
    const records = await Promise.all((await store.routers()).map((router_id) => store.read(router_id)));
    const mappings = records.flatMap((record) => [...record.mappings.values()]);
    return new Set(mappings.flatMap(({ security_group_rule_ids }) => security_group_rule_ids));
  } catch {
    return undefined;
  }
}
