/** What is known of a router on this node: its addresses, its networks and how they are reached. Pure. */
import { cidrContains, isEdgeOf, prefixLengthOf } from '../../core/values/ipv4.ts';
import type { ErrorFacts } from '../errors.ts';
import type { Mapping } from '../mapping/mapping.ts';

const NEUTRON_NAMESPACE = /^(?:qrouter|snat)-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Takes a UUID or the name of a namespace, gives the ID of the router. */
export function routerIdOf(reference: string): string {
  return NEUTRON_NAMESPACE.exec(reference)?.[1] ?? reference;
}

/** A network that the router reaches by another route than the default route. */
export interface InsideNetwork {
  readonly cidr: string;
  /** Connected by a Neutron interface of the router, so its hosts send their replies to the router. */
  readonly isNeutron: boolean;
  /** The interface by which the router reaches it. */
  readonly interface: string;
  /** The mark that packets from outside need (address-scope.ts); undefined when they need none. */
  readonly scopeMark?: number | undefined;
}

export interface RouterFacts {
  readonly routerId: string;
  /** The name of its network namespace. */
  readonly namespace: string;
  /** External IPv4 addresses on which ports are published, the primary one first; empty without an external gateway. */
  readonly gateways: readonly string[];
  /** A standby HA instance: the gateway address is on another node. */
  readonly isStandby: boolean;
  /** All IPv4 addresses of the router, including gateways and floating IPs. */
  readonly addresses: readonly string[];
  readonly inside: readonly InsideNetwork[];
}

/** Gives the network by which the router reaches an address: that of the longest matching prefix, as in routing. */
export function networkOf({ inside }: Pick<RouterFacts, 'inside'>, address: string): InsideNetwork | undefined {
  const networks = inside.filter(({ cidr }) => cidrContains(cidr, address));
  return networks.toSorted((a, b) => prefixLengthOf(b.cidr) - prefixLengthOf(a.cidr))[0];
}

/** Gives why `server_ip` is not the address of a server behind the router, as facts of the error; undefined where it can be. */
export function whyNotBehind(
  { routerId: router, addresses, inside }: RouterFacts,
  serverIp: string,
): ErrorFacts<'SERVER_NOT_BEHIND_ROUTER'> | undefined {
  if (addresses.includes(serverIp)) return { cause: 'ROUTER_ADDRESS', server_ip: serverIp, router };
  const network = inside.find(({ cidr }) => cidrContains(cidr, serverIp));
  if (network === undefined) {
    return { cause: 'NOT_CONNECTED', server_ip: serverIp, router, networks: inside.map(({ cidr }) => cidr) };
  }
  if (isEdgeOf(network.cidr, serverIp)) return { cause: 'NETWORK_ADDRESS', server_ip: serverIp, network: network.cidr };
  return undefined;
}

/**
 * Whether the server sees the router's address as the source instead of the client's. `auto` is off for servers on a Neutron
 * network of this router: their replies pass the router anyway, they see the client, and Neutron itself translates hairpin
 * traffic. For other networks the way of the replies is unknown, so `auto` is on. A standby instance has no networks yet;
 * once it is active, the network of the server is almost always one of Neutron's, so `auto` is off.
 */
export function masqueradeApplies(facts: RouterFacts, mapping: Pick<Mapping, 'masquerade' | 'server_ip'>): boolean {
  if (mapping.masquerade !== 'auto') return mapping.masquerade === 'always';
  if (facts.isStandby) return false;
  return !facts.inside.some(({ cidr, isNeutron }) => isNeutron && cidrContains(cidr, mapping.server_ip));
}
