/**
 * What a backend is: one way to keep forwards in a network namespace. iptables/ and nftables/ are parallel. A backend says what
 * is to be done in operations, values of its own types; only `render` and `apply` write them as text for its tool.
 *
 * `Base` is an operation on base chains: the chains, jumps or table that praas needs before any rule of a forward. `Change` is
 * an operation on one rule. The Dataplane carries both from a backend back to the same backend and never looks into them.
 */

import type { Forward } from '../pat/mapping/forward.ts';
import type { UnmanagedRule } from '../pat/plan/unmanaged-rules.ts';
import type { ScopeMarks } from '../pat/router/address-scope.ts';
import type { PortInUse } from '../pat/router/port-in-use.ts';
import type { RouterWarning } from '../pat/router/warning.ts';
import type { Chain } from './nftables/ruleset.ts';
import type { FoundRule } from './rules.ts';

export type BackendName = 'iptables' | 'nftables';

/** An unmanaged rule whose handle is the operation that deletes it. */
export type FoundUnmanagedRule<Change> = UnmanagedRule & { readonly handle: Change };

export interface BackendObservation<Base = unknown, Change = unknown> {
  /** The rules of praas. */
  readonly found: readonly FoundRule<Change>[];
  /** The ports that unmanaged rules take. */
  readonly portsInUse: readonly PortInUse[];
  /** The unmanaged rules in chains that praas shares with other programs, in the order in which packets meet them. */
  readonly unmanagedRules?: readonly FoundUnmanagedRule<Change>[];
  /** What adds the base chains that are missing; empty when none is. */
  readonly missingBaseChains: readonly Base[];
  readonly warnings: readonly RouterWarning[];
  /** The chains of nftables of all programs, from the backend that sees them. */
  readonly chains?: readonly Chain[];
  /** The tables of nftables, in family ip, whose iptables rules were read, from the backend that reads them. */
  readonly readTables?: readonly string[];
  /** Of these, the tables in which a rule was shown without what it does, from the same backend. */
  readonly partlyShown?: readonly string[];
  /** The marks that Neutron's address scopes require, from the backend that sees Neutron's rules. */
  readonly scopeMarks?: ScopeMarks;
}

/** What is applied together: base chains first, then what goes, then what comes. */
export interface Transaction<Base = unknown, Change = unknown> {
  readonly baseChains: readonly Base[];
  readonly removals: readonly Change[];
  readonly additions: readonly Change[];
}

export interface Backend<Base = unknown, Change = unknown> {
  readonly name: BackendName;
  /**
   * Reads one namespace. Throws ROUTER_NOT_FOUND when it is gone, and NAMESPACE_UNREADABLE, TOOL_MISSING, TOOL_BAD_OUTPUT,
   * NOT_PERMITTED, KERNEL_UNREADABLE and TABLE_UNREADABLE when it cannot be read: never gives less than there is.
   */
  observe(namespace: string): Promise<BackendObservation<Base, Change>>;
  /** Gives what deletes the base chains: nothing where there are none, or where a rule is still in them. Throws as observe does. */
  baseChainRemovals(namespace: string): Promise<readonly Base[]>;
  /** Gives what adds the forward. Pure. */
  additions(forward: Forward): readonly Change[];
  /** Gives what deletes the forward when it is in place as `additions` made it. Pure. */
  removals(forward: Forward): readonly Change[];
  /** Gives the text that `apply` hands to the tool. Pure. */
  render(transaction: Transaction<Base, Change>): string;
  /**
   * Applies all of the transaction or nothing. Throws KERNEL_REFUSED, KERNEL_BUSY, ROUTER_NOT_FOUND, TOOL_MISSING and
   * NOT_PERMITTED; nothing is applied then.
   */
  apply(namespace: string, transaction: Transaction<Base, Change>): Promise<void>;
}

/** True when the transaction does nothing. */
export function isEmptyTransaction({ baseChains, removals, additions }: Transaction): boolean {
  return baseChains.length + removals.length + additions.length === 0;
}
