/** What a router does with packets that it translates: whether it forwards them at all, and whether a filter drops them. Pure. */
import type { Protocol } from '../mapping/mapping.ts';

/** The first packet of a connection through a mapping, after its destination was translated. */
export interface ForwardedPacket {
  readonly protocol: Protocol;
  readonly server_ip: string;
  readonly server_port: number;
  /** Before its destination was translated. */
  readonly gateway_ip: string;
  readonly router_port: number;
  /** The interface by which it enters; undefined where that is not known. */
  readonly from: string | undefined;
  /** The interface by which it leaves; undefined where that is not known. */
  readonly to: string | undefined;
  /** The networks behind the router. Its clients are outside. */
  readonly inside?: readonly string[];
}

/** `may_drop`: a rule or policy drops it if something holds that praas does not know, such as the source address. */
export type FilterVerdict =
  | { readonly verdict: 'accepts' }
  /** `by` is the rule, as iptables prints it or with its place in nftables, or the policy of a chain. */
  | {
      readonly verdict: 'drops' | 'may_drop';
      readonly by: string;
      /** Not the requests: the replies of the server. */
      readonly ofReplies?: true;
    };

export interface RouterInterface {
  readonly name: string;
  /** Set up, and connected. */
  readonly isUp: boolean;
  /** IPv4. */
  readonly addresses: readonly string[];
}

export interface Forwarding {
  /** Those with an IPv4 address. */
  readonly interfaces: readonly RouterInterface[];
  /** net.ipv4.ip_forward. */
  readonly isEnabled: boolean;
  /** Interfaces whose own setting differs from it: packets that enter by them are not forwarded. */
  readonly disabledInterfaces: readonly string[];
  /** What the rules of the router, on all of their way, do with the requests to a mapping and with the replies. Pure. */
  readonly filter: (packet: ForwardedPacket) => FilterVerdict;
  /** Whether the routing of the router knows a way for them; `by` is the error of the kernel, or a routing rule. Pure. */
  readonly route: (packet: ForwardedPacket) => FilterVerdict;
}
