/** What a backend is: one way to keep forwards in a namespace. iptables/ and nftables/ are parallel. */
import type { Forward } from '../pat/mapping/forward.ts';
import type { UnmanagedRule } from '../pat/plan/unmanaged-rules.ts';
import type { ScopeMarks } from '../pat/router/address-scope.ts';
import type { PortInUse } from '../pat/router/port-in-use.ts';
import type { FoundRule } from './rules.ts';

export type BackendName = 'iptables' | 'nftables';

export interface BackendObservation {
  readonly found: readonly FoundRule[];
  /** Rules of others that take ports. */
  readonly portsInUse: readonly PortInUse[];
  /** Those of them in our own chains, and others there; `handle` is the line that takes one away. */
  readonly unmanagedRules?: readonly UnmanagedRule[];
  /** Script lines that put what is missing of our frame in place; empty when it is whole. */
  readonly frame: readonly string[];
  readonly warnings: readonly string[];
  /** What Neutron's address scopes ask of packets, from the backend that sees Neutron's rules. */
  readonly scopeMarks?: ScopeMarks;
}

/** One change in the backend's own words. */
export interface Script {
  readonly frame: readonly string[];
  readonly removals: readonly string[];
  readonly additions: readonly string[];
}

export interface Backend {
  readonly name: BackendName;
  /** Reads one namespace. Throws ROUTER_NOT_FOUND when it is gone, TOOL_MISSING. */
  observe(namespace: string): Promise<BackendObservation>;
  /** Frame lines that take our frame away where it is empty; none where there is none, or somebody has something in it. */
  dismantling(namespace: string): Promise<readonly string[]>;
  /** The lines that add the forward. Pure. */
  additions(forward: Forward): readonly string[];
  /** The lines that take the forward away when it is in place as `additions` made it. Pure. */
  removals(forward: Forward): readonly string[];
  /** The text for the tool. Pure. */
  text(script: Script): string;
  /** Applies the script: all of it or nothing. Throws KERNEL_REFUSED, KERNEL_BUSY, ROUTER_NOT_FOUND: nothing was applied. */
  apply(namespace: string, script: Script): Promise<void>;
}

/** True when the script does nothing. */
export function isEmptyScript(script: Script): boolean {
  return script.frame.length + script.removals.length + script.additions.length === 0;
}
