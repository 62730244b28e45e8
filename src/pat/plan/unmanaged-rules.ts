/**
 * Unmanaged rules: rules that praas did not write, in the chains that it shares with other programs. What is read of them decides
 * whether `praas pat import` can replace them by mappings.
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
  /** What the Dataplane needs to delete exactly this rule. */
  readonly handle: unknown;
}

/** DNAT to one port of one server, as a mapping does it. */
export interface UnmanagedDnatRule extends UnmanagedRuleBase, ServerPort {
  readonly kind: 'dnat';
  /** Undefined: any destination address. */
  readonly gateway_ip: string | undefined;
  readonly router_port: number;
  /** A network; undefined: any source. */
  readonly source: string | undefined;
}

/** MASQUERADE for one port of one server. */
export interface UnmanagedMasqueradeRule extends UnmanagedRuleBase, ServerPort {
  readonly kind: 'masquerade';
}

/** Why no mapping can replace a rule. */
export type NotExpressible =
  | { readonly code: 'TARGET_NOT_DNAT' }
  /** With its value. */
  | { readonly code: 'OPTION_NOT_SUPPORTED'; readonly option: string }
  | { readonly code: 'PROTOCOL_NOT_SUPPORTED' }
  | { readonly code: 'NOT_ONE_ROUTER_PORT' }
  | { readonly code: 'NOT_ONE_SERVER_PORT' }
  | { readonly code: 'NOT_ONE_GATEWAY_ADDRESS' }
  | { readonly code: 'SOURCE_NOT_A_NETWORK' };

/** Where a rule sends packets: to one address, or to one of several. */
export type Destination = { readonly kind: 'one'; readonly server_ip: string } | { readonly kind: 'several' };

/** Any other rule that packets pass before routing. */
interface UnmanagedOtherRule extends UnmanagedRuleBase {
  readonly kind: 'other';
  readonly reason: NotExpressible;
  /** The packets that may end at it. */
  readonly covers: readonly PortInUse[];
  /** Undefined where it sends packets to no server. */
  readonly destination: Destination | undefined;
}

export type UnmanagedRule = UnmanagedDnatRule | UnmanagedMasqueradeRule | UnmanagedOtherRule;
