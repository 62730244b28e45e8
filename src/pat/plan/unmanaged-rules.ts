/**
 * Rules in the shared chains that praas does not manage, as an import sees them: where each sends packets, or why no mapping
 * is equivalent to it.
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
  /** The rule as iptables or nft prints it. Equal texts are equal rules. */
  readonly text: string;
  /** The Dataplane's own value, with which it removes exactly this rule. */
  readonly handle: unknown;
}

/** It sends packets to a server in a way that a mapping can express. */
export interface UnmanagedDnatRule extends UnmanagedRuleBase, ServerPort {
  readonly kind: 'leads';
  /** Undefined: any destination address. */
  readonly gateway_ip: string | undefined;
  readonly router_port: number;
  /** A network; undefined: any source. */
  readonly source: string | undefined;
}

/** It masquerades the clients of a server. */
export interface UnmanagedMasqueradeRule extends UnmanagedRuleBase, ServerPort {
  readonly kind: 'hides';
}

/** Any other rule that packets meet before they are translated. */
export interface UnmanagedOtherRule extends UnmanagedRuleBase {
  readonly kind: 'other';
  /** Why no mapping is equivalent to it. */
  readonly reason: string;
  /** The ports whose packets may match it. */
  readonly covers: readonly PortInUse[];
  /** The destination as the rule writes it; empty when it has none. */
  readonly destination: string;
}

export type UnmanagedRule = UnmanagedDnatRule | UnmanagedMasqueradeRule | UnmanagedOtherRule;
