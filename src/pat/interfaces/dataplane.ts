/** Whatever forwards packets for routers. Adapters implement it, compose/ joins them. */

import type { Usage } from '../../core/values/usage.ts';
import type { Forward, PublicEndpoint } from '../mapping/forward.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { Changes, ObservedForward } from '../plan/changes.ts';
import type { Flow } from '../plan/connection.ts';
import type { UnmanagedRule } from '../plan/unmanaged-rules.ts';
import type { ScopeMarks } from '../router/address-scope.ts';
import type { RouterFacts } from '../router/facts.ts';
import type { Forwarding } from '../router/forwarding.ts';
import type { PortInUse } from '../router/port-in-use.ts';
import type { RouterWarning } from '../router/warning.ts';

export interface Observation {
  readonly forwards: readonly ObservedForward[];
  /** Ports that unmanaged rules use. */
  readonly portsInUse: readonly PortInUse[];
  /** Unmanaged rules in the shared chains, in the order in which packets meet them. */
  readonly unmanagedRules?: readonly UnmanagedRule[];
  /** The missing chains, jumps and tables of praas, as the Dataplane describes them; undefined when none is missing. */
  readonly missingBaseChains: unknown;
  readonly warnings: readonly RouterWarning[];
  /** The marks of its address scopes. */
  readonly scopeMarks?: ScopeMarks | undefined;
}

/** Its terms are routers and forwards; namespaces and rules are inside the adapter. */
export interface Dataplane {
  /** IDs of all routers on this node, sorted. */
  routers(): Promise<readonly string[]>;
  /** Throws ROUTER_NOT_FOUND when the router is not on this node. */
  facts(routerId: string): Promise<RouterFacts>;
  /** Reads the rules in the kernel; changes nothing. */
  observe(routerId: string): Promise<Observation>;
  /**
   * Gives a router, other than these, that has rules of one of the mappings: the one under whose name their router may be now. Throws as
   * observe does: what cannot be read may have them.
   */
  holderOf(mappingIds: readonly string[], except: readonly string[]): Promise<string | undefined>;
  /** Ports on which processes listen in the router. */
  listeners(routerId: string): Promise<readonly PortInUse[]>;
  /** Applies all changes or none, in one transaction. Throws KERNEL_REFUSED, KERNEL_BUSY, ROUTER_NOT_FOUND. */
  apply(routerId: string, changes: Changes): Promise<void>;
  /** Removes the chains, jumps and tables of praas that are empty; unmanaged rules in them keep them. Throws as apply does. */
  removeBaseChains(routerId: string): Promise<void>;
  /** Gives the script that `apply` would hand to the kernel; empty for no changes. Pure. */
  render(changes: Changes): string;
  /** Gives what `observe` reports for a forward that is installed as desired. Pure. */
  expected(forward: Forward): ObservedForward;
  /** Connections to these endpoints. */
  flows(routerId: string, endpoints: readonly PublicEndpoint[]): Promise<readonly Flow[]>;
  /**
   * Entries in the connection table of the router, of which it can have so many; undefined where connections are not tracked.
   * Throws ROUTER_NOT_FOUND.
   */
  connectionTable(routerId: string): Promise<Usage | undefined>;
  /** Whether the router forwards packets, what its rules do with them, and its routes for these mappings. Throws ROUTER_NOT_FOUND. */
  forwarding(routerId: string, mappings?: readonly Pick<Mapping, 'gateway_ip' | 'server_ip'>[]): Promise<Forwarding>;
  /** Ends these connections, and none of those to keep; one that has just ended by itself is no error. */
  endFlows(routerId: string, flows: readonly Flow[], keep: readonly Flow[]): Promise<void>;
}
