/** What makes the kernel equal to the store, as the services and the change runner use it. */

import type { Delta, RouterRecord } from '../mapping/record.ts';
import type { Counters } from '../mapping/view.ts';
import type { OpenEndpoint } from '../plan/still-open.ts';
import type { UnmanagedRule } from '../plan/unmanaged-rules.ts';
import type { RouterFacts } from '../router/facts.ts';
import type { PortInUse } from '../router/port-in-use.ts';
import type { Drift } from '../router/view.ts';
import type { RouterWarning } from '../router/warning.ts';
import type { Dataplane } from './dataplane.ts';

/** The observed state of a router. */
export interface RouterView {
  readonly facts: RouterFacts;
  /** Ports that unmanaged rules use, and those of listening processes when the scope asked for them. */
  readonly portsInUse: readonly PortInUse[];
  /** As Observation.unmanagedRules. */
  readonly unmanagedRules?: readonly UnmanagedRule[];
  readonly warnings: readonly RouterWarning[];
  /** How many mappings, known to the store or not, have rules in the kernel. */
  readonly mappingsInKernel: number;
  /** True when the rules were just read from the kernel and are not cached. */
  readonly isFresh: boolean;
}

/** What a reconcile did, and the delta that records it in the store. */
export interface ReconcileResult {
  readonly delta: Delta;
  readonly added: number;
  readonly removed: number;
  /** The ports that are closed in praas, and not in the kernel. */
  readonly stillOpen: readonly OpenEndpoint[];
}

/**
 * How much of a router an inspection reads: `rules` (cached ones are enough); `port` also the listening processes, to choose
 * or check a port; `kernel` the rules anew; `audit` the rules anew and the listening processes.
 */
export type InspectScope = 'rules' | 'port' | 'kernel' | 'audit';

/** Gives the smallest scope that includes all of these. */
export function mergedScope(scopes: readonly InspectScope[]): InspectScope {
  const readsKernel = scopes.some((each) => each === 'kernel' || each === 'audit');
  const readsListeners = scopes.some((each) => each === 'port' || each === 'audit');
  if (readsKernel) return readsListeners ? 'audit' : 'kernel';
  return readsListeners ? 'port' : 'rules';
}

export interface RouterAgent extends Pick<Dataplane, 'holderOf'> {
  /** Reads the state of a router; changes nothing. Throws ROUTER_NOT_FOUND, TOOL_MISSING, TOOL_FAILED, NOT_PERMITTED. */
  inspect(routerId: string, scope?: InspectScope): Promise<RouterView>;
  /** Drops the cached state of a router, so that the next inspection reads the kernel. */
  forget(routerId: string): void;
  /** Gives the differences that a reconcile would repair. Pure. */
  drift(view: RouterView, record: RouterRecord): Drift;
  /** Gives the script that `reconcile` would hand to the kernel; empty when nothing would change. */
  preview(view: RouterView, record: RouterRecord, ids: readonly string[]): string;
  /**
   * Makes the kernel equal to the record for the mappings named (for all of the router, when the view is fresh), and ends the
   * connections that contradict it. Throws KERNEL_REFUSED, KERNEL_BUSY, ROUTER_NOT_FOUND, TOOL_MISSING.
   */
  reconcile(view: RouterView, record: RouterRecord, ids: readonly string[]): Promise<ReconcileResult>;
}

/** The counters of mappings, as of the last time when the rules of their routers were read. */
export interface CounterSource {
  /** Undefined for a mapping whose counters have not been read yet. */
  counters(routerId: string, mappingId: string): Counters | undefined;
}

/** What looks at routers and changes none. */
export type RouterInspector = Pick<RouterAgent, 'inspect' | 'drift' | 'holderOf'>;
