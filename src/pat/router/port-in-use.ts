/** Ports of a router that are in use by somebody other than praas. Pure. */
import { cidrContains } from '../../core/values/ipv4.ts';
import type { Endpoint } from '../mapping/forward.ts';
import type { Protocol } from '../mapping/mapping.ts';

/** Ports that somebody other than praas answers for. */
export interface PortInUse {
  readonly protocol: Protocol;
  /** The network whose addresses it answers on. */
  readonly cidr: string;
  readonly first: number;
  readonly last: number;
  readonly kind: 'rule' | 'listener';
  /** The rule or the listening socket, as its tool shows it. */
  readonly text: string;
}

/** The claim on an endpoint, or undefined. */
export function portInUseAt(portsInUse: readonly PortInUse[], endpoint: Endpoint): PortInUse | undefined {
  return portsInUse.find(
    (claim) =>
      claim.protocol === endpoint.protocol &&
      cidrContains(claim.cidr, endpoint.gateway_ip) &&
      claim.first <= endpoint.router_port &&
      endpoint.router_port <= claim.last,
  );
}
