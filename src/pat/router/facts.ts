import { cidrContains, isEdgeOf } from '../../core/values/ipv4.ts';
import type { ErrorFacts } from '../errors.ts';
import type { Mapping } from '../mapping/mapping.ts';

const NEUTRON_NAMESPACE = /^(?:qrouter|snat)-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Takes a router as people write it (a UUID, or the name of its namespace), gives its id. */
export function routerIdOf(reference: string): string {
  return NEUTRON_NAMESPACE.exec(reference)?.[1] ?? reference;
}

/** A network that the router reaches without its default route. */
export interface InsideNetwork {
  readonly cidr: string;
  /** Directly connected through an interface of Neutron's, so the router is where its hosts send their replies. */
  readonly neutron: boolean;
  /** By which the router reaches it. */
  readonly interface: string;
  /** What packets from outside must be marked with to get in there (scope.ts); nothing where they get in as they come. */
  readonly scopeMark?: number | undefined;
}

export interface RouterFacts {
  readonly router_id: string;
  /** How people find it on the node: the name of its namespace. */
  readonly namespace: string;
  /** External IPv4 addresses on which ports are published, the primary one first; none when no gateway is set. */
  readonly gateways: readonly string[];
  /** An HA router whose gateway address is on another node now. */
  readonly standsBy: boolean;
  /** Every IPv4 address of the router, gateways and floating IPs included. */
  readonly addresses: readonly string[];
  readonly inside: readonly InsideNetwork[];
}

/** Gives why `server_ip` is not the address of a server behind the router, as facts of the error; undefined where it can be. */
export function whyNotBehind(
  { router_id: router, addresses, inside }: RouterFacts,
  server_ip: string,
): ErrorFacts<'SERVER_NOT_BEHIND_ROUTER'> | undefined {
  if (addresses.includes(server_ip)) return { cause: 'ROUTER_ADDRESS', server_ip, router };
  const network = inside.find(({ cidr }) => cidrContains(cidr, server_ip));
  if (network === undefined) {
    return { cause: 'NOT_CONNECTED', server_ip, router, networks: inside.map(({ cidr }) => cidr) };
  }
  if (isEdgeOf(network.cidr, server_ip)) return { cause: 'NETWORK_ADDRESS', server_ip, network: network.cidr };
  return undefined;
}

/**
 * Whether the mapping's server sees the router's address instead of the caller's. `auto` is off where Neutron has the
 * server's network connected to this router: servers then see who calls and Neutron itself translates hairpin traffic.
 * Everywhere else nobody can know which way replies leave, so `auto` is on. A router that stands by has no networks until
 * it is the active one; then a server's network is one of Neutron's, as good as always.
 */
export function masqueradeApplies(facts: RouterFacts, mapping: Pick<Mapping, 'masquerade' | 'server_ip'>): boolean {
  if (mapping.masquerade !== 'auto') return mapping.masquerade === 'always';
  if (facts.standsBy) return false;
  return !facts.inside.some(({ cidr, neutron }) => neutron && cidrContains(cidr, mapping.server_ip));
}
