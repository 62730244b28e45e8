/**
 * Connections outlive rules: the kernel's connection table keeps translating what was once translated (and keeps refusing
 * what was once refused). This file decides which ones have to end.
 */
import { cidrContains } from '../../core/values/ipv4.ts';
import { type Endpoint, endpointKey, type Forward } from '../mapping/forward.ts';
import type { Flow } from './connection.ts';

/**
 * Takes the connections of a router, the endpoints that changed, and the forwards that hold now. Gives those connections
 * to one of the endpoints that the forwards would not allow today: led to another server, from a source no longer
 * allowed, led anywhere although nothing is published there, or (a UDP caller that was early) not led at all.
 */
export function staleFlows(
  flows: readonly Flow[],
  endpoints: readonly Endpoint[],
  forwards: readonly Forward[],
): Flow[] {
  if (flows.length === 0) return [];
  const changed = new Set(endpoints.map(endpointKey));
  const current = new Map(forwards.map((forward) => [endpointKey(forward), forward]));
  return flows.filter((flow) => {
    const key = endpointKey({
      protocol: flow.protocol,
      gateway_ip: flow.destination_ip,
      router_port: flow.destination_port,
    });
    return changed.has(key) && !isAllowed(flow, current.get(key));
  });
}

function isAllowed(flow: Flow, forward: Forward | undefined): boolean {
  if (forward === undefined) {
    return flow.replying_ip === flow.destination_ip && flow.replying_port === flow.destination_port;
  }
  return (
    flow.replying_ip === forward.server_ip &&
    flow.replying_port === forward.server_port &&
    (forward.allowed_cidrs.length === 0 || forward.allowed_cidrs.some((cidr) => cidrContains(cidr, flow.source_ip)))
  );
}
