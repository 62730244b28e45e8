/** Ports of a router that unmanaged rules or processes use. Pure. */
import { cidrContains } from '../../core/values/ipv4.ts';
import type { PublicEndpoint } from '../mapping/forward.ts';
import type { Protocol } from '../mapping/mapping.ts';

/** A range of ports that an unmanaged rule or a process uses. */
export interface PortInUse {
  readonly protocol: Protocol;
  /** The addresses on which the ports are in use. */
  readonly cidr: string;
  readonly first: number;
  readonly last: number;
  readonly kind: 'rule' | 'listener';
  /** The rule or the listening socket, as iptables, nft or ss prints it. */
  readonly text: string;
}

/** Gives what uses the endpoint, or undefined. */
export function portInUseAt(portsInUse: readonly PortInUse[], endpoint: PublicEndpoint): PortInUse | undefined {
  return portsInUse.find(
    (inUse) =>
      inUse.protocol === endpoint.protocol &&
      cidrContains(inUse.cidr, endpoint.gateway_ip) &&
      inUse.first <= endpoint.router_port &&
      endpoint.router_port <= inUse.last,
  );
}
