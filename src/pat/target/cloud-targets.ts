/**
 * Who is meant, where there is a cloud: names become ids, and nothing is published that is not the caller's. Invariant: what
 * decides (whose port it is, which addresses it has, on which networks the router has interfaces) is asked anew each time; a
 * port that has just changed hands is refused. Kept is only what never changes: which project a router belongs to.
 */
import { isUuid } from '../../core/values/uuid.ts';
import { praasError } from '../errors.ts';
import type { Cloud, CloudPort } from '../interfaces/cloud.ts';
import type { Caller, Resolved, Targets } from '../interfaces/target.ts';
import type { Identity, Mapping } from '../mapping/mapping.ts';
import type { Wanted } from '../mapping/request.ts';
import { routerIdOf } from '../router/facts.ts';
import { isServerPort, RouterPorts, type Target, targetsOf } from './reach.ts';
import { type Chosen, RouterChoice } from './router-choice.ts';
import { inputOf } from './targets.ts';

export interface CloudTargetsParts {
  readonly cloud: Cloud;
  /** For namespaces that are no Neutron routers. */
  readonly local: Targets;
}

/** The server as the caller named it: nothing, or the ids that it may be. */
interface Named {
  readonly text: string;
  readonly server_ids: readonly string[];
}

export class CloudTargets implements Targets {
  readonly #cloud: Cloud;
  readonly #local: Targets;
  readonly #routers: RouterChoice;

  constructor({ cloud, local }: CloudTargetsParts) {
    this.#cloud = cloud;
    this.#local = local;
    this.#routers = new RouterChoice(cloud);
  }

  async resolve(wanted: Wanted, caller: Caller): Promise<Resolved> {
    const [router_id, named] = await Promise.all([this.#router(wanted, caller), this.#server(wanted, caller)]);
    if (router_id !== undefined && !isUuid(router_id)) return this.#local.resolve({ ...wanted, router_id }, caller);
    const [ports, router_ports] = await this.#ports(wanted, caller, router_id, named);
    const theirs = ports.filter((port) => isTheirs(port, caller));
    const possible = targetsOf(theirs).filter(({ server_ip }) => [undefined, server_ip].includes(wanted.server_ip));
    const what = named?.text ?? wanted.port_id ?? wanted.server_ip ?? 'the server';
    if (possible.length === 0)
      return this.#withoutPort(wanted, caller, {
        router_id,
        router_ports,
        named,
        theirs,
        is_somebodys: ports.length > 0,
        what,
      });
    const chosen = await this.#routers.choose(possible, { router_id, router_ports, what }, caller);
    const target = onlyOne(chosen.targets, what);
    requireServer(target.port, caller);
    requireGateway(wanted.gateway_ip, chosen, caller);
    const input = inputOf(wanted, { router_id: chosen.router_id, ...identityOf(target) });
    const [expected_gateway_ip] = chosen.ports.gateway_ips;
    return {
      input: {
        ...input,
        project_id: caller.project_id ?? wanted.project_id ?? target.port.project_id,
        ...(expected_gateway_ip !== undefined && { expected_gateway_ip }),
      },
      port: target.port,
      warnings: [],
    };
  }

  async readdress(mapping: Mapping, server_ip: string, caller: Caller): Promise<Identity> {
    const { router_id, server_port } = mapping;
    const { input } = await this.resolve({ router_id, server_ip, server_port }, caller);
    return { server_ip: input.server_ip, server_id: input.server_id ?? null, port_id: input.port_id ?? null };
  }

  async confirm({ router_id, port_id, server_ip, server_port }: Mapping, caller: Caller): Promise<void> {
    if (port_id === null || !isUuid(router_id)) return;
    await this.resolve({ router_id, port_id, server_ip, server_port }, caller);
  }

  /** The id of the router named: a UUID, the name of a namespace that is no Neutron router, or undefined for none. */
  async #router({ router_id, router }: Wanted, caller: Caller): Promise<string | undefined> {
    const named = router_id ?? (router === undefined ? undefined : routerIdOf(router));
    if (named === undefined) return undefined;
    return isUuid(named) ? this.#routers.requireOwn(named, caller) : this.#routers.byName(named, caller);
  }

  async #server({ server }: Wanted, { project_id }: Caller): Promise<Named | undefined> {
    if (server === undefined) return undefined;
    if (isUuid(server)) return { text: server, server_ids: [server] };
    const filter = project_id === null ? { name: server } : { name: server, project_id };
    const server_ids = await this.#cloud.serverIds(filter);
    if (server_ids.length > 1) {
      const found = await this.#cloud.servers(filter);
      const candidates = found.map(({ id, project_id: owner }) => `${id} of project ${owner}`);
      throw praasError('AMBIGUOUS', { what: `server ${server}`, candidates });
    }
    if (server_ids.length === 0) throw await this.#noServer(server, project_id);
    return { text: server, server_ids };
  }

  /** Ports that may be meant, and those of the router; with ids for both it is one request. */
  async #ports(
    wanted: Wanted,
    caller: Caller,
    router_id: string | undefined,
    named: Named | undefined,
  ): Promise<readonly [readonly CloudPort[], readonly CloudPort[]]> {
    const router_ids = router_id === undefined ? [] : [router_id];
    const device_ids = [...(named?.server_ids ?? []), ...router_ids];
    const [of_devices, of_id] = await Promise.all([
      device_ids.length === 0 ? [] : this.#cloud.ports({ device_ids }),
      wanted.port_id === undefined ? undefined : this.#cloud.ports({ ids: [wanted.port_id] }),
    ]);
    const router_ports = of_devices.filter(({ device_id }) => device_id === router_id);
    const of_servers = of_devices.filter(({ device_id }) => named?.server_ids.includes(device_id));
    if (of_id !== undefined) return [named ? of_id.filter((port) => includes(of_servers, port)) : of_id, router_ports];
    if (named !== undefined) return [of_servers, router_ports];
    const { server_ip: ip_address } = wanted;
    if (ip_address === undefined) throw praasError('INVALID_INPUT', NO_SERVER);
    const network_ids = router_id === undefined ? undefined : new RouterPorts(router_id, router_ports).network_ids;
    if (network_ids?.length === 0) return [[], router_ports];
    const { project_id } = caller;
    const place = network_ids === undefined ? project_id !== null && { project_id } : { network_ids };
    return [await this.#cloud.ports({ ip_address, ...place }), router_ports];
  }

  /** An operator may lead to an address that Neutron does not know; for everybody else there is nothing. */
  async #withoutPort(wanted: Wanted, caller: Caller, found: Found): Promise<Resolved> {
    const { router_id, named, theirs, is_somebodys, what } = found;
    const { server_ip } = wanted;
    const is_plain = named === undefined && wanted.port_id === undefined && !is_somebodys;
    if (is_plain && caller.any_target && router_id !== undefined && server_ip !== undefined) {
      const input = inputOf(wanted, { router_id, server_ip, server_id: null, port_id: null });
      const project_id = caller.project_id ?? wanted.project_id ?? null;
      const [expected_gateway_ip] = new RouterPorts(router_id, found.router_ports).gateway_ips;
      return {
        input: { ...input, project_id, ...(expected_gateway_ip !== undefined && { expected_gateway_ip }) },
        port: undefined,
        warnings: [
          `${server_ip} is the address of no Neutron port on a network of the router: nobody notices when it moves`,
        ],
      };
    }
    if (theirs.length > 0) {
      const addresses = targetsOf(theirs).map((target) => target.server_ip);
      if (addresses.length > 0 && server_ip !== undefined)
        throw praasError('SERVER_NOT_BEHIND_ROUTER', {
          reason: `${server_ip} is no address of ${what}, which has ${addresses.join(', ')}`,
        });
      throw praasError('SERVER_NOT_BEHIND_ROUTER', { reason: `${what} has no IPv4 address` });
    }
    if (wanted.port_id !== undefined) throw praasError('PORT_NOT_FOUND', { port: wanted.port_id });
    throw await this.#noServer(what, caller.project_id);
  }

  async #noServer(server: string, project_id: string | null): Promise<Error> {
    const known = project_id === null ? [] : (await this.#cloud.servers({ project_id })).map(({ name }) => name);
    return praasError('SERVER_NOT_FOUND', { server, known });
  }
}

interface Found {
  readonly router_id: string | undefined;
  readonly router_ports: readonly CloudPort[];
  readonly named: Named | undefined;
  readonly theirs: readonly CloudPort[];
  /** Neutron knows the address, whoever has it. */
  readonly is_somebodys: boolean;
  readonly what: string;
}

const NO_SERVER = {
  field: 'server',
  found: 'missing',
  allowed: 'a server by its name or ID, a Neutron port or an address',
};

function isTheirs(port: CloudPort, { project_id }: Caller): boolean {
  return project_id === null || port.project_id === project_id;
}

function includes(ports: readonly CloudPort[], { id }: CloudPort): boolean {
  return ports.some((port) => port.id === id);
}

function identityOf({ port, server_ip }: Target): Identity {
  return { server_ip, server_id: isServerPort(port) ? port.device_id : null, port_id: port.id };
}

function onlyOne(targets: readonly Target[], what: string): Target {
  const [target, another] = targets;
  if (target === undefined) throw new Error('a router was chosen that leads to no target');
  if (another === undefined) return target;
  const candidates = targets.map(({ server_ip, port }) => `${server_ip} (port ${port.id})`);
  throw praasError('AMBIGUOUS', { what: `the address of ${what}`, candidates });
}

function requireServer(port: CloudPort, caller: Caller): void {
  if (caller.any_target || isServerPort(port)) return;
  const what = `publish port ${port.id}, which is no server's (${port.device_owner || 'nobody uses it'})`;
  throw praasError('FORBIDDEN', { who: caller.name, what });
}

/** Other addresses of a router are floating IPs: they belong to their servers. */
function requireGateway(gateway: string | undefined, chosen: Chosen, { any_target }: Caller): void {
  const addresses = chosen.ports.gateway_ips;
  if (gateway === undefined || any_target || addresses.includes(gateway)) return;
  throw praasError('GATEWAY_NOT_LOCAL', { gateway, router: chosen.router_id, addresses });
}
