/**
 * Rules of somebody else in the chains that praas shares with them, as far as they matter for taking them over: what each
 * leads where, or why no mapping could say the same.
 */
import type { Protocol } from '../mapping/mapping.ts';
import type { PortInUse } from '../router/port-in-use.ts';

/** A port of a server. */
export interface ServerPort {
  readonly protocol: Protocol;
  readonly server_ip: string;
  readonly server_port: number;
}

interface UnmanagedRuleBase {
  /** The rule, as its tool shows it. Equal texts are equal rules. */
  readonly text: string;
  /** Whatever the Dataplane needs to take away exactly this one. */
  readonly handle: unknown;
}

/** It leads packets to a server as a mapping could. */
export interface UnmanagedDnatRule extends UnmanagedRuleBase, ServerPort {
  readonly kind: 'leads';
  /** Undefined: whatever the packet's destination is. */
  readonly gateway_ip: string | undefined;
  readonly router_port: number;
  /** A network; undefined: from anywhere. */
  readonly source: string | undefined;
}

/** It hides callers from a server. */
export interface UnmanagedMasqueradeRule extends UnmanagedRuleBase, ServerPort {
  readonly kind: 'hides';
}

/** Anything else that sees packets before they are led. */
export interface UnmanagedOtherRule extends UnmanagedRuleBase {
  readonly kind: 'other';
  /** Why no mapping could say it. */
  readonly reason: string;
  /** The packets that may end with it. */
  readonly covers: readonly PortInUse[];
  /** Where it leads to, as it says it; empty for nowhere. */
  readonly leadsTo: string;
}

export type UnmanagedRule = UnmanagedDnatRule | UnmanagedMasqueradeRule | UnmanagedOtherRule;
