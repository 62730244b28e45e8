/**
 * Who is meant, where there is a cloud: names become ids, and nothing is published that is not the requester's. Invariant: what
 * decides (whose port it is, which addresses it has, on which networks the router has interfaces) is asked anew each time; a
 * port that has just changed hands is refused. Kept is only what never changes: which project a router belongs to.
 */
import type { AccessPolicy } from '../../core/identity/policy.ts';
import type { Requester } from '../../core/identity/requester.ts';
import { isUuid } from '../../core/values/uuid.ts';
import type { PatAction } from '../actions.ts';
import { praasError } from '../errors.ts';
import type { Cloud, CloudPort } from '../interfaces/cloud.ts';
import type { ResolvedRequest, Targets } from '../interfaces/target.ts';
import type { Mapping, TargetIdentity } from '../mapping/mapping.ts';
import type { MappingRequest, TargetRequest } from '../mapping/request.ts';
import { isServerPort, type PortAddress, RouterPorts, targetsOf } from './reach.ts';
import { type Chosen, RouterChoice } from './router-choice.ts';
import { namedRouter, newMappingOf } from './targets.ts';

export interface CloudTargetsParts {
  readonly cloud: Cloud;
  /** Says who may publish what is no server's port. */
  readonly policy: AccessPolicy;
  /** For namespaces that are no Neutron routers. */
  readonly local: Targets;
}

/** The server as the requester named it: nothing, or the ids that it may be. */
interface Named {
  readonly text: string;
  readonly serverIds: readonly string[];
}

/** What a request leads to. */
interface Found {
  readonly router_id: string;
  readonly identity: TargetIdentity;
  readonly project_id: string | null;
  readonly port: CloudPort | undefined;
  /** The first gateway address that Neutron has for the router. */
  readonly gateway_ip: string | undefined;
  readonly warnings: readonly string[];
}

const ANY_TARGET: PatAction = 'mapping:create:any-target';

export class CloudTargets implements Targets {
  readonly #cloud: Cloud;
  readonly #policy: AccessPolicy;
  readonly #local: Targets;
  readonly #routers: RouterChoice;

  constructor({ cloud, policy, local }: CloudTargetsParts) {
    this.#cloud = cloud;
    this.#policy = policy;
    this.#local = local;
    this.#routers = new RouterChoice(cloud);
  }

  async resolve(request: MappingRequest, requester: Requester): Promise<ResolvedRequest> {
    const found = await this.#find(request, requester);
    if (typeof found === 'string') return this.#local.resolve({ ...request, router_id: found }, requester);
    const { router_id, identity, project_id, port, gateway_ip, warnings } = found;
    const expected = gateway_ip === undefined ? {} : { expectedGatewayIp: gateway_ip };
    return { mapping: newMappingOf(request, { router_id, ...identity, project_id, ...expected }), port, warnings };
  }

  async readdress(mapping: Mapping, server_ip: string, requester: Requester): Promise<TargetIdentity> {
    const found = await this.#find({ router_id: mapping.router_id, server_ip }, requester);
    return typeof found === 'string' ? this.#local.readdress(mapping, server_ip, requester) : found.identity;
  }

  async confirm({ router_id, port_id, server_ip }: Mapping, requester: Requester): Promise<void> {
    if (port_id === null || !isUuid(router_id)) return;
    await this.#find({ router_id, port_id, server_ip }, requester);
  }

  /** What is meant; only the router where it is no router of Neutron's. */
  async #find(request: TargetRequest, requester: Requester): Promise<Found | string> {
    const [router_id, named] = await Promise.all([this.#router(request, requester), this.#server(request, requester)]);
    if (router_id !== undefined && !isUuid(router_id)) return router_id;
    const [ports, routerPorts] = await this.#ports(request, requester, router_id, named);
    const theirs = ports.filter(({ project_id }) => requester.sees(project_id));
    const possible = targetsOf(theirs).filter(({ server_ip }) => [undefined, server_ip].includes(request.server_ip));
    const what = named?.text ?? request.port_id ?? request.server_ip ?? 'the server';
    if (possible.length === 0)
      return this.#withoutPort(request, requester, {
        router_id,
        routerPorts,
        named,
        theirs,
        isKnown: ports.length > 0,
        what,
      });
    const chosen = await this.#routers.choose(possible, { router_id, routerPorts, what }, requester);
    const target = onlyOne(chosen.targets, what);
    this.#requireServer(target.port, requester);
    this.#requireGateway(request.gateway_ip, chosen, requester);
    return {
      router_id: chosen.router_id,
      identity: identityOf(target),
      project_id: requester.projectId ?? request.project_id ?? target.port.project_id,
      port: target.port,
      gateway_ip: chosen.ports.gateway_ips[0],
      warnings: [],
    };
  }

  /** The id of the router named: a UUID, the name of a namespace that is no Neutron router, or undefined for none. */
  async #router(request: TargetRequest, requester: Requester): Promise<string | undefined> {
    const named = namedRouter(request);
    if (named === undefined) return undefined;
    return isUuid(named) ? this.#routers.requireOwn(named, requester) : this.#routers.byName(named, requester);
  }

  async #server({ server }: TargetRequest, { projectId: project_id }: Requester): Promise<Named | undefined> {
    if (server === undefined) return undefined;
    if (isUuid(server)) return { text: server, serverIds: [server] };
    const filter = project_id === null ? { name: server } : { name: server, project_id };
    const serverIds = await this.#cloud.serverIds(filter);
    if (serverIds.length > 1) {
      const found = await this.#cloud.servers(filter);
      const candidates = found.map(({ id, project_id: owner }) => `${id} of project ${owner}`);
      throw praasError('AMBIGUOUS', { what: `server ${server}`, candidates });
    }
    if (serverIds.length === 0) throw await this.#noServer(server, project_id);
    return { text: server, serverIds };
  }

  /** Ports that may be meant, and those of the router; with ids for both it is one request. */
  async #ports(
    request: TargetRequest,
    requester: Requester,
    router_id: string | undefined,
    named: Named | undefined,
  ): Promise<readonly [readonly CloudPort[], readonly CloudPort[]]> {
    const routerIds = router_id === undefined ? [] : [router_id];
    const deviceIds = [...(named?.serverIds ?? []), ...routerIds];
    const [ofDevices, ofId] = await Promise.all([
      deviceIds.length === 0 ? [] : this.#cloud.ports({ deviceIds }),
      request.port_id === undefined ? undefined : this.#cloud.ports({ ids: [request.port_id] }),
    ]);
    const routerPorts = ofDevices.filter(({ device_id }) => device_id === router_id);
    const ofServers = ofDevices.filter(({ device_id }) => named?.serverIds.includes(device_id));
    if (ofId !== undefined) return [named ? ofId.filter((port) => includes(ofServers, port)) : ofId, routerPorts];
    if (named !== undefined) return [ofServers, routerPorts];
    const { server_ip: ip_address } = request;
    if (ip_address === undefined) throw praasError('INVALID_INPUT', NO_SERVER);
    const networkIds = router_id === undefined ? undefined : new RouterPorts(router_id, routerPorts).networkIds;
    if (networkIds?.length === 0) return [[], routerPorts];
    const { projectId: project_id } = requester;
    const place = networkIds === undefined ? project_id !== null && { project_id } : { networkIds: networkIds };
    return [await this.#cloud.ports({ ip_address, ...place }), routerPorts];
  }

  /** An operator may lead to an address that Neutron does not know; for everybody else there is nothing. */
  async #withoutPort(request: TargetRequest, requester: Requester, candidates: Candidates): Promise<Found> {
    const { router_id, routerPorts, named, theirs, isKnown, what } = candidates;
    const { server_ip } = request;
    const isPlain = named === undefined && request.port_id === undefined && !isKnown;
    const may = this.#policy.allows(requester, ANY_TARGET);
    if (isPlain && may && router_id !== undefined && server_ip !== undefined) {
      return {
        router_id,
        identity: { server_ip, server_id: null, port_id: null },
        project_id: requester.projectId ?? request.project_id ?? null,
        port: undefined,
        gateway_ip: new RouterPorts(router_id, routerPorts).gateway_ips[0],
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
    if (request.port_id !== undefined) throw praasError('PORT_NOT_FOUND', { port: request.port_id });
    throw await this.#noServer(what, requester.projectId);
  }

  #requireServer(port: CloudPort, requester: Requester): void {
    if (isServerPort(port) || this.#policy.allows(requester, ANY_TARGET)) return;
    const what = `publish port ${port.id}, which is no server's (${port.device_owner || 'nobody uses it'})`;
    throw praasError('FORBIDDEN', { who: String(requester), what });
  }

  /** Other addresses of a router are floating IPs: they belong to their servers. */
  #requireGateway(gateway: string | undefined, chosen: Chosen, requester: Requester): void {
    const addresses = chosen.ports.gateway_ips;
    if (gateway === undefined || addresses.includes(gateway) || this.#policy.allows(requester, ANY_TARGET)) return;
    throw praasError('GATEWAY_NOT_LOCAL', { gateway, router: chosen.router_id, addresses });
  }

  async #noServer(server: string, project_id: string | null): Promise<Error> {
    const known = project_id === null ? [] : (await this.#cloud.servers({ project_id })).map(({ name }) => name);
    return praasError('SERVER_NOT_FOUND', { server, known });
  }
}

/** What was found of the server, when none of it is a port of the requester's with that address. */
interface Candidates {
  readonly router_id: string | undefined;
  readonly routerPorts: readonly CloudPort[];
  readonly named: Named | undefined;
  readonly theirs: readonly CloudPort[];
  /** Neutron knows the address, whoever has it. */
  readonly isKnown: boolean;
  readonly what: string;
}

const NO_SERVER = {
  field: 'server',
  found: 'missing',
  allowed: 'a server by its name or ID, a Neutron port or an address',
};

function includes(ports: readonly CloudPort[], { id }: CloudPort): boolean {
  return ports.some((port) => port.id === id);
}

function identityOf({ port, server_ip }: PortAddress): TargetIdentity {
  return { server_ip, server_id: isServerPort(port) ? port.device_id : null, port_id: port.id };
}

function onlyOne(targets: readonly PortAddress[], what: string): PortAddress {
  const [target, another] = targets;
  if (target === undefined) throw new Error('a router was chosen that leads to no target');
  if (another === undefined) return target;
  const candidates = targets.map(({ server_ip, port }) => `${server_ip} (port ${port.id})`);
  throw praasError('AMBIGUOUS', { what: `the address of ${what}`, candidates });
}
