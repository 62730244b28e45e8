/**
 * Connections outlive rules: the connection table keeps the translation that a connection had when it began, and no
 * translation for one that had none. These functions find the connections that must end. Pure.
 */
import { cidrContains } from '../../core/values/ipv4.ts';
import { endpointKey, type Forward, type PublicEndpoint } from '../mapping/forward.ts';
import type { Flow } from './connection.ts';

/**
 * Takes the connections of a router, the endpoints that changed, and the forwards in force. Gives the connections to one of
 * these endpoints that contradict the forwards: translated to another server, from a source that is not allowed any more,
 * translated although the port is not published any more, or (a UDP client that was earlier than its rule) not translated.
 */
export function staleFlows(
  flows: readonly Flow[],
  endpoints: readonly PublicEndpoint[],
  forwards: readonly Forward[],
): Flow[] {
  if (flows.length === 0) return [];
  const changed = new Set(endpoints.map(endpointKey));
  const current = new Map(forwards.map((forward) => [endpointKey(forward), forward]));
  return flows.filter((flow) => {
    const key = endpointKey({
      protocol: flow.protocol,
      gateway_ip: flow.destinationIp,
      router_port: flow.destinationPort,
    });
    return changed.has(key) && !isAllowed(flow, current.get(key));
  });
}

function isAllowed(flow: Flow, forward: Forward | undefined): boolean {
  if (forward === undefined) {
    return flow.replyIp === flow.destinationIp && flow.replyPort === flow.destinationPort;
  }
  return (
    flow.replyIp === forward.server_ip &&
    flow.replyPort === forward.server_port &&
    (forward.allowed_cidrs.length === 0 || forward.allowed_cidrs.some((cidr) => cidrContains(cidr, flow.sourceIp)))
  );
}
