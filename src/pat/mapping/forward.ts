/**
 * A forward is the part of a mapping that a kernel can hold: this address and port lead there, for these sources. It is
 * what the plan compares and what a Dataplane puts in place.
 */
import type { Mapping, Protocol } from './mapping.ts';

export interface Forward {
  readonly mapping_id: string;
  readonly protocol: Protocol;
  readonly gateway_ip: string;
  readonly router_port: number;
  readonly server_ip: string;
  readonly server_port: number;
  /** Canonical networks that may use it; none means everybody. */
  readonly allowed_cidrs: readonly string[];
  /** Whether servers see the router's own address instead of the caller's. */
  readonly masquerade: boolean;
  /** The mark of the address scope that its packets pass into (scope.ts); undefined: they pass as they come. */
  readonly scopeMark: number | undefined;
}

/** Where a forward listens. Two mappings never share one endpoint. */
export type Endpoint = Pick<Forward, 'protocol' | 'gateway_ip' | 'router_port'>;

export function endpointOf({ protocol, gateway_ip, router_port }: Endpoint): Endpoint {
  return { protocol, gateway_ip, router_port };
}

const EVERYBODY = '0.0.0.0/0';

/** Takes a mapping, whether it is to be masqueraded and the mark that it needs, gives what the kernel must hold for it. */
export function forwardOf(mapping: Mapping, masquerade: boolean, scopeMark?: number): Forward {
  return {
    mapping_id: mapping.id,
    protocol: mapping.protocol,
    gateway_ip: mapping.gateway_ip,
    router_port: mapping.router_port,
    server_ip: mapping.server_ip,
    server_port: mapping.server_port,
    allowed_cidrs: mapping.allowed_cidrs.includes(EVERYBODY) ? [] : mapping.allowed_cidrs,
    masquerade,
    scopeMark,
  };
}

/** One text for one forward: equal texts, equal forwards. */
export function forwardKey(forward: Forward): string {
  const { mapping_id, server_ip, server_port, allowed_cidrs, masquerade, scopeMark } = forward;
  const plain = [mapping_id, endpointKey(forward), server_ip, server_port, allowed_cidrs.join(','), masquerade];
  return [...plain, ...(scopeMark === undefined ? [] : [scopeMark])].join(' ');
}

/** `203.0.113.10:4022/tcp`, also what people are shown. */
export function endpointKey(endpoint: Endpoint): string {
  return `${endpoint.gateway_ip}:${endpoint.router_port}/${endpoint.protocol}`;
}
