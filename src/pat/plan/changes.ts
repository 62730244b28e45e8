/** The observed rules of a router in the kernel, and the changes to apply to them. */
import type { Forward } from '../mapping/forward.ts';
import type { UnmanagedRule } from './unmanaged-rules.ts';

/** The counters of a forward's rules since these were created. */
export interface RuleCounters {
  readonly packets: number;
  readonly bytes: number;
}

/** The rules in the kernel that carry the ID of one mapping. */
export interface ObservedForward {
  readonly mapping_id: string;
  /** Undefined when the rules are not exactly one forward: a rule was deleted, duplicated or edited by hand. */
  readonly forward: Forward | undefined;
  /** The Dataplane's own value, with which it removes exactly these rules. */
  readonly handle: unknown;
  /** Undefined when the rules have no counters. */
  readonly counters?: RuleCounters;
}

export interface Changes {
  readonly remove: readonly ObservedForward[];
  readonly add: readonly Forward[];
  /** The missing chains, jumps and tables of praas, as the Dataplane describes them; undefined when none is missing. */
  readonly missingBaseChains: unknown;
  /** Unmanaged rules that the forwards replace: both changes are one transaction, so no packet is lost between them. */
  readonly adopt?: readonly UnmanagedRule[];
}

/** True when there is nothing to apply. */
export function isEmptyChanges(changes: Changes): boolean {
  const { remove, add, missingBaseChains, adopt = [] } = changes;
  return remove.length + add.length + adopt.length === 0 && missingBaseChains === undefined;
}
