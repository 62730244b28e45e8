/** A mapping that changed, as far as security groups depend on it. Pure. */
import type { Orphan } from '../interfaces/orphan-store.ts';
import type { Mapping } from '../mapping/mapping.ts';

/** As it was or is. */
export type Changed = Pick<Mapping, 'id' | 'router_id' | 'open_security_group' | 'security_group_rule_ids'>;

/** True for one that may have rules. */
export function hasRules({ open_security_group, security_group_rule_ids }: Changed): boolean {
  return open_security_group || security_group_rule_ids.length > 0;
}

export function orphanOf({ id, router_id }: Pick<Changed, 'id' | 'router_id'>): Orphan {
  return { mapping_id: id, router_id };
}

/** Gives a mapping of which only the ID is known. */
export function changedOf({ mapping_id, router_id }: Orphan): Changed {
  return { id: mapping_id, router_id, open_security_group: true, security_group_rule_ids: [] };
}
