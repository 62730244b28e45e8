/** What the cloud was when it was looked at, as far as mappings depend on it. A value. */
import type { CloudPort, CloudRouter, CloudServer } from '../interfaces/cloud.ts';

export interface SnapshotParts {
  readonly routers: readonly CloudRouter[];
  readonly ports: readonly CloudPort[];
  readonly servers: readonly CloudServer[];
  /** IDs of projects that are gone. */
  readonly goneProjects: ReadonlySet<string>;
}

export class CloudSnapshot {
  readonly #routers: ReadonlyMap<string, CloudRouter>;
  readonly #ports: ReadonlyMap<string, CloudPort>;
  readonly #servers: ReadonlyMap<string, CloudServer>;
  readonly #byDevice: ReadonlyMap<string, readonly CloudPort[]>;
  readonly #byAddress: ReadonlyMap<string, readonly CloudPort[]>;
  readonly #goneProjects: ReadonlySet<string>;

  constructor({ routers, ports, servers, goneProjects }: SnapshotParts) {
    this.#routers = new Map(routers.map((router) => [router.id, router]));
    this.#ports = new Map(ports.map((port) => [port.id, port]));
    this.#servers = new Map(servers.map((server) => [server.id, server]));
    const unique = [...this.#ports.values()];
    this.#byDevice = Map.groupBy(unique, ({ device_id }) => device_id);
    const addresses = unique.flatMap((port) => port.fixed_ips.map(({ ip_address }) => ({ ip_address, port })));
    const groups = Map.groupBy(addresses, ({ ip_address }) => ip_address);
    this.#byAddress = new Map([...groups].map(([address, found]) => [address, found.map(({ port }) => port)]));
    this.#goneProjects = goneProjects;
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

  /** Ports of a server or a router. */
  portsOf(device_id: string): readonly CloudPort[] {
    return this.#byDevice.get(device_id) ?? [];
  }

  portsWith(ip_address: string): readonly CloudPort[] {
    return this.#byAddress.get(ip_address) ?? [];
  }

  isGone(project_id: string): boolean {
    return this.#goneProjects.has(project_id);
  }
}
