/** What Neutron's ports say of servers and routers: IPv4 addresses, subnets and gateway addresses. Pure. */
import { isIpv4 } from '../../core/values/ipv4.ts';
import type { CloudPort } from '../interfaces/cloud.ts';
import type { TargetIdentity } from '../mapping/mapping.ts';

/** An IPv4 address of a port. */
export interface PortAddress {
  readonly port: CloudPort;
  readonly server_ip: string;
  readonly subnet_id: string;
}

const INTERFACE =
  /^network:(?:router_interface|router_interface_distributed|ha_router_replicated_interface|router_centralized_snat)$/;
const GATEWAY = 'network:router_gateway';
const SERVER = /^compute:/;
/** Neutron's own prefix: by default its policy lets only the owner of a network use it. */
const NETWORK_DEVICE = /^network:/;

/** True for a port that Nova has attached to a server. */
export function isServerPort({ device_owner }: CloudPort): boolean {
  return SERVER.test(device_owner);
}

/**
 * True for a port that is no server's and bound to no host: it only holds an address, which servers may carry (keepalived,
 * Octavia). Packets to it arrive at the ports of those servers.
 */
export function isVirtualAddress(port: CloudPort): boolean {
  return !isServerPort(port) && port.host === '';
}

/** True for a port that Neutron has for itself: of a router, a DHCP server or a floating IP. */
export function isNetworkDevice({ device_owner }: CloudPort): boolean {
  return NETWORK_DEVICE.test(device_owner);
}

/** True for the interface of a router on a tenant network; each kind of router (HA, DVR) has its own device_owner for it. */
export function isRouterInterface({ device_owner }: CloudPort): boolean {
  return INTERFACE.test(device_owner);
}

/** Gives every IPv4 address of these ports. */
export function addressesOf(ports: readonly CloudPort[]): readonly PortAddress[] {
  return ports.flatMap((port) =>
    port.fixed_ips
      .filter(({ ip_address }) => isIpv4(ip_address))
      .map(({ ip_address, subnet_id }) => ({ port, server_ip: ip_address, subnet_id })),
  );
}

/** Gives the identity by which a mapping to this address follows its port. */
export function identityOf({ port, server_ip }: PortAddress): TargetIdentity {
  return { server_ip, server_id: isServerPort(port) ? port.device_id : null, port_id: port.id };
}

/** The ports of one router. */
export class RouterPorts {
  readonly #ports: readonly CloudPort[];

  /** Takes ports of any devices, and keeps those of the router. */
  constructor(routerId: string, ports: readonly CloudPort[]) {
    this.#ports = ports.filter(({ device_id }) => device_id === routerId);
  }

  /** Subnets on which the router has an interface. */
  get subnetIds(): ReadonlySet<string> {
    return new Set(this.#interfaces.flatMap(({ fixed_ips }) => fixed_ips.map(({ subnet_id }) => subnet_id)));
  }

  /** Networks on which the router has an interface. */
  get networkIds(): readonly string[] {
    return [...new Set(this.#interfaces.map(({ network_id }) => network_id))];
  }

  /** IPv4 addresses of the external gateway. */
  get gatewayIps(): readonly string[] {
    const gateways = this.#ports.filter(({ device_owner }) => device_owner === GATEWAY);
    return addressesOf(gateways).map(({ server_ip }) => server_ip);
  }

  get #interfaces(): readonly CloudPort[] {
    return this.#ports.filter(isRouterInterface);
  }
}
