/** Whatever forwards packets for routers. Adapters implement it, compose/ joins them. */
import type { Usage } from '../../core/values/usage.ts';
import type { Endpoint, Forward } from '../mapping/forward.ts';
import type { Changes, ObservedForward } from '../plan/changes.ts';
import type { Flow } from '../plan/connection.ts';
import type { UnmanagedRule } from '../plan/unmanaged-rules.ts';
import type { ScopeMarks } from '../router/address-scope.ts';
import type { RouterFacts } from '../router/facts.ts';
import type { PortInUse } from '../router/port-in-use.ts';

export interface Observation {
  readonly forwards: readonly ObservedForward[];
  /** Ports that rules of somebody else take. */
  readonly portsInUse: readonly PortInUse[];
  /** Rules of somebody else in chains that are ours too, in the order in which packets meet them. */
  readonly unmanagedRules?: readonly UnmanagedRule[];
  /** What is missing of our chains, jumps or tables, in the Dataplane's own terms; undefined: nothing. */
  readonly missingBaseChains: unknown;
  /** What an operator should know about this router, in whole sentences. */
  readonly warnings: readonly string[];
  /** What its address scopes ask of packets. */
  readonly scopeMarks?: ScopeMarks | undefined;
}

/** The kernel, or whatever forwards packets for a router. It speaks of routers and forwards, not of namespaces or rules. */
export interface Dataplane {
  /** All routers on this node, sorted by id. */
  routers(): Promise<readonly string[]>;
  /** Throws ROUTER_NOT_FOUND when the node has no such router (now). */
  facts(router_id: string): Promise<RouterFacts>;
  /** Reads what is in place. Changes nothing. */
  observe(router_id: string): Promise<Observation>;
  /** Ports on which programs listen in the router at this moment. */
  listeners(router_id: string): Promise<readonly PortInUse[]>;
  /** Applies all of it or nothing, in one transaction. Throws KERNEL_REFUSED, KERNEL_BUSY, ROUTER_NOT_FOUND. */
  apply(router_id: string, changes: Changes): Promise<void>;
  /**
   * Takes its own frame (chains, jumps, tables) away again where nothing is in it any more; what others have put there keeps
   * it. Throws as apply does.
   */
  removeBaseChains(router_id: string): Promise<void>;
  /** What apply would hand to the kernel, as text; empty for an empty plan. Pure. */
  render(changes: Changes): string;
  /** What observe would report for a forward that is in place as it should be. Pure. */
  expected(forward: Forward): ObservedForward;
  /** Connections to these endpoints. */
  flows(router_id: string, endpoints: readonly Endpoint[]): Promise<readonly Flow[]>;
  /**
   * Entries in the connection table of the router, of which it can have so many; undefined where connections are not tracked.
   * Throws ROUTER_NOT_FOUND.
   */
  connectionTable(router_id: string): Promise<Usage | undefined>;
  /** Ends these connections, and none of those `spared`; one that has just ended by itself is no error. */
  endFlows(router_id: string, flows: readonly Flow[], spared: readonly Flow[]): Promise<void>;
}
