/** The resources of the cloud on which mappings depend, as they were when they were read. A value. */
import type { CloudPort, CloudRouter, CloudServer } from '../interfaces/cloud.ts';

interface SnapshotParts {
  readonly routers: readonly CloudRouter[];
  readonly ports: readonly CloudPort[];
  readonly servers: readonly CloudServer[];
  /** IDs of projects that do not exist any more. */
  readonly deletedProjects: ReadonlySet<string>;
}

export class CloudSnapshot {
  readonly #routers: ReadonlyMap<string, CloudRouter>;
  readonly #ports: ReadonlyMap<string, CloudPort>;
  readonly #servers: ReadonlyMap<string, CloudServer>;
  readonly #portsByDevice: ReadonlyMap<string, readonly CloudPort[]>;
  readonly #portsByAddress: ReadonlyMap<string, readonly CloudPort[]>;
  readonly #deletedProjects: ReadonlySet<string>;

  constructor({ routers, ports, servers, deletedProjects }: SnapshotParts) {
    this.#routers = new Map(routers.map((router) => [router.id, router]));
    this.#ports = new Map(ports.map((port) => [port.id, port]));
    this.#servers = new Map(servers.map((server) => [server.id, server]));
    const unique = [...this.#ports.values()];
    this.#portsByDevice = Map.groupBy(unique, ({ device_id }) => device_id);
    const addresses = unique.flatMap((port) => port.fixed_ips.map(({ ip_address }) => ({ ip_address, port })));
    const groups = Map.groupBy(addresses, ({ ip_address }) => ip_address);
    this.#portsByAddress = new Map([...groups].map(([address, group]) => [address, group.map(({ port }) => port)]));
    this.#deletedProjects = deletedProjects;
  }

  router(id: string): CloudRouter | undefined {
    return this.#routers.get(id);
  }

  port(id: string): CloudPort | undefined {
    return this.#ports.get(id);
  }

  server(id: string): CloudServer | undefined {
    return this.#servers.get(id);
  }

  /** Gives the ports of a server or a router. */
  portsOf(deviceId: string): readonly CloudPort[] {
    return this.#portsByDevice.get(deviceId) ?? [];
  }

  portsWith(address: string): readonly CloudPort[] {
    return this.#portsByAddress.get(address) ?? [];
  }

  isProjectDeleted(projectId: string): boolean {
    return this.#deletedProjects.has(projectId);
  }
}
