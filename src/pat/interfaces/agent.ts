/** Whoever keeps the kernel equal to the store, as the services need it. */
import type { Delta, RouterRecord } from '../mapping/record.ts';
import type { Counters } from '../mapping/view.ts';
import type { UnmanagedRule } from '../plan/unmanaged-rules.ts';
import type { RouterFacts } from '../router/facts.ts';
import type { PortInUse } from '../router/port-in-use.ts';
import type { Drift } from '../router/view.ts';

/** What is known of a router at the moment. */
export interface RouterView {
  readonly facts: RouterFacts;
  /** Ports that somebody else has. Listening programs are among them when the look was for a port. */
  readonly portsInUse: readonly PortInUse[];
  /** As Observation.foreign. */
  readonly unmanagedRules?: readonly UnmanagedRule[];
  readonly warnings: readonly string[];
  /** How many mappings of ours, known or not, have something in the kernel. */
  readonly mappings_in_kernel: number;
  /** Just read from the kernel, not remembered. */
  readonly isFresh: boolean;
}

/** What a settlement did, and the delta that notes it in the store. */
export interface ReconcileResult {
  readonly delta: Delta;
  readonly added: number;
  readonly removed: number;
}

/**
 * What a look is for: `rules`; a `port` to choose or to check, which asks for the listening programs too; the `kernel`, whose
 * rules are read anew, whatever is remembered; or an `audit`, which is both.
 */
export type InspectScope = 'rules' | 'port' | 'kernel' | 'audit';

/** The look that is enough for all of these. */
export function mergedScope(purposes: readonly InspectScope[]): InspectScope {
  const readsKernel = purposes.some((each) => each === 'kernel' || each === 'audit');
  const readsPorts = purposes.some((each) => each === 'port' || each === 'audit');
  if (readsKernel) return readsPorts ? 'audit' : 'kernel';
  return readsPorts ? 'port' : 'rules';
}

/** Whoever keeps the kernel equal to the store. */
export interface RouterAgent {
  /** Throws ROUTER_NOT_FOUND, TOOL_MISSING, TOOL_FAILED, NOT_PERMITTED. */
  inspect(router_id: string, purpose?: InspectScope): Promise<RouterView>;
  /** Makes the next look read the kernel again. */
  forget(router_id: string): void;
  /** What a settlement would put right. Pure. */
  drift(view: RouterView, record: RouterRecord): Drift;
  /** What settle would hand to the kernel, as text; empty when nothing would change. */
  preview(view: RouterView, record: RouterRecord, ids: readonly string[]): string;
  /**
   * Makes the kernel hold what the record says of the mappings named (of all, when the view is fresh) and ends the
   * connections that contradict it. Throws KERNEL_REFUSED, KERNEL_BUSY, ROUTER_NOT_FOUND, TOOL_MISSING.
   */
  reconcile(view: RouterView, record: RouterRecord, ids: readonly string[]): Promise<ReconcileResult>;
}

/** What is known of the packets that came through mappings. */
export interface CounterSource {
  /** Undefined for a mapping that nobody has looked at yet. */
  counters(router_id: string, mapping_id: string): Counters | undefined;
  /** Reads the counters of a router anew. Throws as RouterAgent.look does. */
  count(router_id: string): Promise<void>;
}
