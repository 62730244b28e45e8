/** Removes security group rules that praas added, once no mapping uses them. */
import type { SecurityGroupAccess } from '../interfaces/security-groups.ts';
import type { MappingStore } from '../interfaces/store.ts';
import { unreadWarning } from './warnings.ts';

export interface OpenedRulesParts {
  readonly store: Pick<MappingStore, 'routers' | 'read'>;
  readonly groups?: SecurityGroupAccess | undefined;
}

/**
 * Removes those of these rules that no stored mapping uses. Where a record cannot be read, it removes none, because the
 * mappings of that record may use any of them. Gives a warning for each rule that should be gone and is not. Never throws.
 */
export async function removeUnusedRules(
  { store, groups }: OpenedRulesParts,
  ruleIds: readonly string[],
): Promise<readonly string[]> {
  if (groups === undefined || ruleIds.length === 0) return [];
  const used = await usedRules(store);
  if (used === undefined) return [unreadWarning(ruleIds)];
  return groups.close([...new Set(ruleIds)].filter((id) => !used.has(id)));
}

/** Undefined where a record cannot be read. */
async function usedRules(store: OpenedRulesParts['store']): Promise<ReadonlySet<string> | undefined> {
  try {
    const records = await Promise.all((await store.routers()).map((routerId) => store.read(routerId)));
    const mappings = records.flatMap((record) => [...record.mappings.values()]);
    return new Set(mappings.flatMap(({ security_group_rule_ids }) => security_group_rule_ids));
  } catch {
    return undefined;
  }
}
