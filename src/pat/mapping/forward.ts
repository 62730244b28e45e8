/**
 * A forward is the part of a mapping that the kernel holds: packets to this address and port go to that server, from these
 * sources. Plans compare forwards, and a Dataplane installs them. Fields that a mapping has too keep their names.
 */
import type { Mapping, Protocol } from './mapping.ts';

export interface Forward {
  readonly mapping_id: string;
  readonly protocol: Protocol;
  readonly gateway_ip: string;
  readonly router_port: number;
  readonly server_ip: string;
  readonly server_port: number;
  /** Canonical networks of the allowed clients; empty allows all clients. */
  readonly allowed_cidrs: readonly string[];
  /** Whether servers see the router's address as the source instead of the client's. */
  readonly masquerade: boolean;
  /** The mark of the server's address scope (address-scope.ts); undefined when packets need none. */
  readonly scopeMark: number | undefined;
}

/** The address, port and protocol that clients connect to. Two mappings never share one. */
export type PublicEndpoint = Pick<Forward, 'protocol' | 'gateway_ip' | 'router_port'>;

export function endpointOf({ protocol, gateway_ip, router_port }: PublicEndpoint): PublicEndpoint {
  return { protocol, gateway_ip, router_port };
}

const ANY_CIDR = '0.0.0.0/0';

/** Takes a mapping, whether it is masqueraded and the mark that its packets need, gives its forward. */
export function forwardOf(mapping: Mapping, masquerade: boolean, scopeMark?: number): Forward {
  return {
    mapping_id: mapping.id,
    protocol: mapping.protocol,
    gateway_ip: mapping.gateway_ip,
    router_port: mapping.router_port,
    server_ip: mapping.server_ip,
    server_port: mapping.server_port,
    allowed_cidrs: mapping.allowed_cidrs.includes(ANY_CIDR) ? [] : mapping.allowed_cidrs,
    masquerade,
    scopeMark,
  };
}

/** Gives a text that is equal for equal forwards only. */
export function forwardKey(forward: Forward): string {
  const { mapping_id, server_ip, server_port, allowed_cidrs, masquerade, scopeMark } = forward;
  const plain = [mapping_id, endpointKey(forward), server_ip, server_port, allowed_cidrs.join(','), masquerade];
  return [...plain, ...(scopeMark === undefined ? [] : [scopeMark])].join(' ');
}

/** Gives `203.0.113.10:4022/tcp`, which is also the form in messages. */
export function endpointKey(endpoint: PublicEndpoint): string {
  return `${endpoint.gateway_ip}:${endpoint.router_port}/${endpoint.protocol}`;
}
