/** What can be published: the servers of the cloud with their addresses, the routers that lead to them, and what is published already. */
import { type Requester, ROOT } from '../../core/identity/requester.ts';
import { praasError } from '../errors.ts';
import type { Cloud, CloudFloatingIp, CloudPort, CloudServer } from '../interfaces/cloud.ts';
import type { Mapping } from '../mapping/mapping.ts';
import { isRouterInterface, targetsOf } from '../target/reach.ts';

/** A router that leads to an address, if it is the caller's. */
export interface LeadingRouter {
  readonly router_id: string;
  readonly name: string;
  readonly gateway_ips: readonly string[];
}

/** One IPv4 address of a server. */
export interface ServerAddress {
  readonly server_ip: string;
  readonly port_id: string;
  readonly routers: readonly LeadingRouter[];
  readonly floating_ips: readonly string[];
}

export interface ServerSummary {
  readonly server_id: string;
  readonly name: string;
  readonly project_id: string;
  /** Nova's word. */
  readonly status: string;
  readonly addresses: readonly ServerAddress[];
  /** How many mappings lead to it. */
  readonly mappings: number;
}

/** Servers of the cloud, as far as the caller may see them. */
export interface Servers {
  /** Throws CLOUD_NOT_CONFIGURED and the errors of Cloud. */
  list(requester?: Requester): Promise<readonly ServerSummary[]>;
}

/** For a node without OpenStack. Takes where clouds.yaml was not found, for messages. */
export function noServers(path: string): Servers {
  const list = async (): Promise<never> => {
    throw praasError('CLOUD_NOT_CONFIGURED', { what: 'a list of servers', path });
  };
  return { list };
}

export interface ServerServiceParts {
  readonly cloud: Cloud;
  readonly mappings: () => Promise<readonly Mapping[]>;
}

export class ServerService implements Servers {
  readonly #parts: ServerServiceParts;

  constructor(parts: ServerServiceParts) {
    this.#parts = parts;
  }

  /** All that the requester sees, by name. As many requests as there are kinds of things, not servers. */
  async list({ projectId: project_id }: Requester = ROOT): Promise<readonly ServerSummary[]> {
    const { cloud, mappings } = this.#parts;
    const filter = project_id === null ? {} : { project_id };
    const servers = await cloud.servers(filter);
    if (servers.length === 0) return [];
    const [ports, routers, floating_ips, published] = await Promise.all([
      cloud.ports({ deviceIds: servers.map(({ id }) => id) }),
      cloud.routers(filter),
      cloud.floatingIps(filter),
      mappings(),
    ]);
    const interfaces = routers.length === 0 ? [] : await cloud.ports({ deviceIds: routers.map(({ id }) => id) });
    const leading = routersBySubnet(interfaces, routers);
    const byServer = Map.groupBy(ports, ({ device_id }) => device_id);
    const counts = Map.groupBy(published, ({ server_id }) => server_id);
    return servers
      .map((server) => ({
        ...summaryOf(server),
        // Any project may write this server's ID on a port of its own.
        addresses: addressesOf(
          (byServer.get(server.id) ?? []).filter((port) => port.project_id === server.project_id),
          leading,
          floating_ips,
        ),
        mappings: counts.get(server.id)?.length ?? 0,
      }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }
}

function summaryOf({ id, name, project_id, status }: CloudServer) {
  return { server_id: id, name, project_id, status };
}

type RoutersBySubnet = ReadonlyMap<string, readonly LeadingRouter[]>;

function routersBySubnet(
  ports: readonly CloudPort[],
  routers: readonly { readonly id: string; readonly name: string; readonly gateway_ips: readonly string[] }[],
): RoutersBySubnet {
  const known = new Map(routers.map(({ id, name, gateway_ips }) => [id, { router_id: id, name, gateway_ips }]));
  const bySubnet = new Map<string, LeadingRouter[]>();
  for (const port of ports.filter(isRouterInterface)) {
    const router = known.get(port.device_id);
    if (router === undefined) continue;
    for (const { subnet_id } of port.fixed_ips) {
      const there = bySubnet.get(subnet_id) ?? [];
      if (!there.includes(router)) bySubnet.set(subnet_id, [...there, router]);
    }
  }
  return bySubnet;
}

function addressesOf(
  ports: readonly CloudPort[],
  leading: RoutersBySubnet,
  floating_ips: readonly CloudFloatingIp[],
): ServerAddress[] {
  return targetsOf(ports).map(({ port, server_ip, subnet_id }) => ({
    server_ip,
    port_id: port.id,
    routers: leading.get(subnet_id) ?? [],
    floating_ips: floating_ips.filter(({ port_id }) => port_id === port.id).map(({ address }) => address),
  }));
}
