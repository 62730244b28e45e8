/** Lists the servers of the cloud with their addresses, the routers that can publish them, and the number of their mappings. */
import type { Requester } from '../../core/identity/requester.ts';
import type { Cloud, CloudFloatingIp, CloudPort, CloudServer } from '../interfaces/cloud.ts';
import type { Mapping } from '../mapping/mapping.ts';
import { addressesOf, isRouterInterface } from '../target/neutron-ports.ts';
import type { ServerAddress, ServerSummary, Servers, SubnetRouter } from './api.ts';

/** For a node without OpenStack: each request throws what `notConfigured` gives. */
export function noServers(notConfigured: () => Error): Servers {
  return { list: () => Promise.reject(notConfigured()) };
}

interface ServerServiceParts {
  readonly cloud: Cloud;
  readonly mappings: () => Promise<readonly Mapping[]>;
}

export class ServerService implements Servers {
  readonly #parts: ServerServiceParts;

  constructor(parts: ServerServiceParts) {
    this.#parts = parts;
  }

  /** Gives the servers by name. The number of API requests does not depend on the number of servers. */
  async list({ projectId: project_id }: Requester): Promise<readonly ServerSummary[]> {
    const { cloud, mappings } = this.#parts;
    const filter = project_id === null ? {} : { project_id };
    const servers = await cloud.servers(filter);
    if (servers.length === 0) return [];
    const [ports, routers, floatingIps, published] = await Promise.all([
      cloud.ports({ deviceIds: servers.map(({ id }) => id) }),
      cloud.routers(filter),
      cloud.floatingIps(filter),
      mappings(),
    ]);
    const interfaces = routers.length === 0 ? [] : await cloud.ports({ deviceIds: routers.map(({ id }) => id) });
    const bySubnet = routersBySubnet(interfaces, routers);
    const portsByServer = Map.groupBy(ports, ({ device_id }) => device_id);
    const counts = Map.groupBy(published, ({ server_id }) => server_id);
    return servers
      .map((server) => ({
        ...summaryOf(server),
        // Any project can write the ID of this server on a port of its own.
        addresses: serverAddresses(
          (portsByServer.get(server.id) ?? []).filter((port) => port.project_id === server.project_id),
          bySubnet,
          floatingIps,
        ),
        mappings: counts.get(server.id)?.length ?? 0,
      }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }
}

function summaryOf({ id, name, project_id, status }: CloudServer) {
  return { server_id: id, name, project_id, status };
}

type RoutersBySubnet = ReadonlyMap<string, readonly SubnetRouter[]>;

function routersBySubnet(
  ports: readonly CloudPort[],
  routers: readonly { readonly id: string; readonly name: string; readonly gateway_ips: readonly string[] }[],
): RoutersBySubnet {
  const known = new Map(routers.map(({ id, name, gateway_ips }) => [id, { router_id: id, name, gateway_ips }]));
  const bySubnet = new Map<string, SubnetRouter[]>();
  for (const port of ports.filter(isRouterInterface)) {
    const router = known.get(port.device_id);
    if (router === undefined) continue;
    for (const { subnet_id } of port.fixed_ips) {
      const connected = bySubnet.get(subnet_id) ?? [];
      if (!connected.includes(router)) bySubnet.set(subnet_id, [...connected, router]);
    }
  }
  return bySubnet;
}

function serverAddresses(
  ports: readonly CloudPort[],
  bySubnet: RoutersBySubnet,
  floatingIps: readonly CloudFloatingIp[],
): ServerAddress[] {
  return addressesOf(ports).map(({ port, server_ip, subnet_id }) => ({
    server_ip,
    port_id: port.id,
    routers: bySubnet.get(subnet_id) ?? [],
    floating_ips: floatingIps.filter(({ port_id }) => port_id === port.id).map(({ address }) => address),
  }));
}
