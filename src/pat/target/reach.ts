/** Which addresses of which ports a router leads to, as Neutron has it. Pure. */
import { isIpv4 } from '../../core/values/ipv4.ts';
import type { CloudPort } from '../interfaces/cloud.ts';

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

export function isServerPort({ device_owner }: CloudPort): boolean {
  return SERVER.test(device_owner);
}

/** A router's interface inside; every kind of router has its own word for it. */
export function isRouterInterface({ device_owner }: CloudPort): boolean {
  return INTERFACE.test(device_owner);
}

/** Every IPv4 address of these ports. */
export function targetsOf(ports: readonly CloudPort[]): readonly PortAddress[] {
  return ports.flatMap((port) =>
    port.fixed_ips
      .filter(({ ip_address }) => isIpv4(ip_address))
      .map(({ ip_address, subnet_id }) => ({ port, server_ip: ip_address, subnet_id })),
  );
}

/** What a router's own ports say of it. */
export class RouterPorts {
  readonly #ports: readonly CloudPort[];

  /** Takes ports among which are those of the router. */
  constructor(router_id: string, ports: readonly CloudPort[]) {
    this.#ports = ports.filter(({ device_id }) => device_id === router_id);
  }

  /** Subnets on which it has an interface. */
  get subnetIds(): ReadonlySet<string> {
    return new Set(this.#interfaces.flatMap(({ fixed_ips }) => fixed_ips.map(({ subnet_id }) => subnet_id)));
  }

  get networkIds(): readonly string[] {
    return [...new Set(this.#interfaces.map(({ network_id }) => network_id))];
  }

  /** IPv4 addresses of its gateway. */
  get gateway_ips(): readonly string[] {
    const gateways = this.#ports.filter(({ device_owner }) => device_owner === GATEWAY);
    return targetsOf(gateways).map(({ server_ip }) => server_ip);
  }

  get #interfaces(): readonly CloudPort[] {
    return this.#ports.filter(isRouterInterface);
  }
}
