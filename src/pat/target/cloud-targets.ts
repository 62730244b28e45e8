/**
 * Targets on a node with OpenStack: names become IDs, and a requester publishes only ports of its own project. Invariant:
 * the owner of a port, its addresses and the networks of a router are read for every request, so that a port that changed
 * hands is refused at once. Only the project of a router is kept, because it never changes.
 */
import type { AccessPolicy } from '../../core/identity/policy.ts';
import type { Requester } from '../../core/identity/requester.ts';
import { isUuid } from '../../core/values/uuid.ts';
import { praasError } from '../errors.ts';
import type { Cloud, CloudPort } from '../interfaces/cloud.ts';
import type { ResolvedRequest, Targets } from '../interfaces/target.ts';
import type { Mapping, TargetIdentity } from '../mapping/mapping.ts';
import type { MappingRequest, TargetRequest } from '../mapping/request.ts';
import { addressesOf, identityOf, isNetworkDevice, type PortAddress, RouterPorts } from './neutron-ports.ts';
import { mayPublishAny, requireAnyTarget } from './permissions.ts';
import { type ConnectedRouter, RouterSelector } from './router-selector.ts';
import { namedRouter, newMappingOf } from './targets.ts';
import { addressWarning } from './warnings.ts';

interface CloudTargetsParts {
  readonly cloud: Cloud;
  /** Decides who may publish an address that no port of its project has, and the ports of Neutron's own devices. */
  readonly policy: AccessPolicy;
  /** For namespaces that are not Neutron routers. */
  readonly local: Targets;
}

/** The server as the request names it, with the IDs that have this name. */
interface NamedServer {
  readonly text: string;
  readonly serverIds: readonly string[];
}

/** The router and the server address that a request resolves to. */
interface ResolvedTarget {
  readonly routerId: string;
  readonly identity: TargetIdentity;
  readonly projectId: string | null;
  readonly port: CloudPort | undefined;
  /** The first gateway address that Neutron has for the router. */
  readonly gatewayIp: string | undefined;
  readonly warnings: readonly string[];
}

/** A request for which no port of the requester has the requested address. */
interface UnmatchedTarget {
  readonly routerId: string | undefined;
  readonly routerPorts: readonly CloudPort[];
  readonly named: NamedServer | undefined;
  /** The ports that the requester may see. */
  readonly visible: readonly CloudPort[];
  /** Neutron has a port with the address, in any project. */
  readonly isKnown: boolean;
  readonly what: string;
}

const NO_SERVER = {
  field: 'server',
  found: 'missing',
  allowed: 'a server by its name or ID, a Neutron port or an address',
};

export class CloudTargets implements Targets {
  readonly #cloud: Cloud;
  readonly #policy: AccessPolicy;
  readonly #local: Targets;
  readonly #routers: RouterSelector;

  constructor({ cloud, policy, local }: CloudTargetsParts) {
    this.#cloud = cloud;
    this.#policy = policy;
    this.#local = local;
    this.#routers = new RouterSelector(cloud);
  }

  async resolve(request: MappingRequest, requester: Requester): Promise<ResolvedRequest> {
    const target = await this.#resolveTarget(request, requester);
    if (typeof target === 'string') return this.#local.resolve({ ...request, router_id: target }, requester);
    const { routerId, identity, projectId, port, gatewayIp, warnings } = target;
    const expected = gatewayIp === undefined ? {} : { expectedGatewayIp: gatewayIp };
    return {
      mapping: newMappingOf(request, { router_id: routerId, ...identity, project_id: projectId, ...expected }),
      port,
      warnings,
    };
  }

  async readdress(mapping: Mapping, serverIp: string, requester: Requester): Promise<TargetIdentity> {
    const target = await this.#resolveTarget({ router_id: mapping.router_id, server_ip: serverIp }, requester);
    return typeof target === 'string' ? this.#local.readdress(mapping, serverIp, requester) : target.identity;
  }

  async confirm(mapping: Mapping, requester: Requester): Promise<void> {
    const { router_id, port_id, server_ip } = mapping;
    if (port_id === null || !isUuid(router_id))
      return requireAnyTarget(this.#policy, requester, `${server_ip}, which is the address of no port of the project`);
    await this.#resolveTarget({ router_id, port_id, server_ip }, requester);
  }

  /** Gives only the ID of the router where it is not a Neutron router. */
  async #resolveTarget(request: TargetRequest, requester: Requester): Promise<ResolvedTarget | string> {
    const [routerId, named] = await Promise.all([
      this.#resolveRouter(request, requester),
      this.#resolveServer(request, requester),
    ]);
    if (routerId !== undefined && !isUuid(routerId)) return routerId;
    const [ports, routerPorts] = await this.#listPorts(request, requester, routerId, named);
    const visible = ports.filter(({ project_id }) => requester.sees(project_id));
    const candidates = addressesOf(visible).filter(({ server_ip }) =>
      [undefined, server_ip].includes(request.server_ip),
    );
    const what = named?.text ?? request.port_id ?? request.server_ip ?? 'the server';
    if (candidates.length === 0)
      return this.#resolveUnmatched(request, requester, {
        routerId,
        routerPorts,
        named,
        visible,
        isKnown: ports.length > 0,
        what,
      });
    const router = await this.#routers.select(candidates, { routerId, routerPorts, what }, requester);
    const address = requireOne(router.addresses, what);
    this.#requireTenantPort(address.port, requester);
    this.#requireGateway(request.gateway_ip, router, requester);
    return {
      routerId: router.routerId,
      identity: identityOf(address),
      projectId: requester.projectId ?? request.project_id ?? address.port.project_id,
      port: address.port,
      gatewayIp: router.ports.gatewayIps[0],
      warnings: [],
    };
  }

  /** Gives a UUID, the name of a namespace that is not a Neutron router, or undefined where the request names no router. */
  async #resolveRouter(request: TargetRequest, requester: Requester): Promise<string | undefined> {
    const named = namedRouter(request);
    if (named === undefined) return undefined;
    return isUuid(named) ? this.#routers.requireVisible(named, requester) : this.#routers.byName(named, requester);
  }

  async #resolveServer(
    { server }: TargetRequest,
    { projectId: project_id }: Requester,
  ): Promise<NamedServer | undefined> {
    if (server === undefined) return undefined;
    if (isUuid(server)) return { text: server, serverIds: [server] };
    const filter = project_id === null ? { name: server } : { name: server, project_id };
    const serverIds = await this.#cloud.serverIds(filter);
    if (serverIds.length > 1) {
      const servers = await this.#cloud.servers(filter);
      const candidates = servers.map(({ id, project_id: owner }) => ({ id, project_id: owner }));
      throw praasError('AMBIGUOUS', { what: `server ${server}`, candidates });
    }
    if (serverIds.length === 0) throw await this.#serverNotFound(server, project_id);
    return { text: server, serverIds };
  }

  /** Gives the ports that the request may mean, and those of the router. With IDs for both this is one API request. */
  async #listPorts(
    request: TargetRequest,
    requester: Requester,
    routerId: string | undefined,
    named: NamedServer | undefined,
  ): Promise<readonly [readonly CloudPort[], readonly CloudPort[]]> {
    const routerIds = routerId === undefined ? [] : [routerId];
    const deviceIds = [...(named?.serverIds ?? []), ...routerIds];
    const [ofDevices, ofId] = await Promise.all([
      deviceIds.length === 0 ? [] : this.#cloud.ports({ deviceIds }),
      request.port_id === undefined ? undefined : this.#cloud.ports({ ids: [request.port_id] }),
    ]);
    const routerPorts = ofDevices.filter(({ device_id }) => device_id === routerId);
    const ofServers = ofDevices.filter(({ device_id }) => named?.serverIds.includes(device_id));
    if (ofId !== undefined) return [named ? ofId.filter((port) => hasPort(ofServers, port)) : ofId, routerPorts];
    if (named !== undefined) return [ofServers, routerPorts];
    const { server_ip: ip_address } = request;
    if (ip_address === undefined) throw praasError('INVALID_INPUT', NO_SERVER);
    const networkIds = routerId === undefined ? undefined : new RouterPorts(routerId, routerPorts).networkIds;
    if (networkIds?.length === 0) return [[], routerPorts];
    const { projectId: project_id } = requester;
    const scope = networkIds === undefined ? project_id !== null && { project_id } : { networkIds };
    return [await this.#cloud.ports({ ip_address, ...scope }), routerPorts];
  }

  /** Throws SERVER_NOT_FOUND and the like, unless the requester may publish an address that Neutron does not know. */
  async #resolveUnmatched(
    request: TargetRequest,
    requester: Requester,
    { routerId, routerPorts, named, visible, isKnown, what }: UnmatchedTarget,
  ): Promise<ResolvedTarget> {
    const { server_ip } = request;
    const isAddressOnly = named === undefined && request.port_id === undefined && !isKnown;
    const isAllowed = mayPublishAny(this.#policy, requester);
    if (isAddressOnly && isAllowed && routerId !== undefined && server_ip !== undefined) {
      return {
        routerId,
        identity: { server_ip, server_id: null, port_id: null },
        projectId: requester.projectId ?? request.project_id ?? null,
        port: undefined,
        gatewayIp: new RouterPorts(routerId, routerPorts).gatewayIps[0],
        warnings: [addressWarning(server_ip)],
      };
    }
    if (visible.length > 0) {
      const addresses = addressesOf(visible).map((each) => each.server_ip);
      throw addresses.length > 0 && server_ip !== undefined
        ? praasError('SERVER_NOT_BEHIND_ROUTER', { cause: 'OTHER_ADDRESS', server: what, server_ip, addresses })
        : praasError('SERVER_NOT_BEHIND_ROUTER', { cause: 'NO_IPV4_ADDRESS', server: what });
    }
    if (request.port_id !== undefined) throw praasError('PORT_NOT_FOUND', { port: request.port_id });
    throw await this.#serverNotFound(what, requester.projectId);
  }

  /** The ports of routers and of the DHCP service are in projects too, but serve all that use the network. */
  #requireTenantPort(port: CloudPort, requester: Requester): void {
    if (!isNetworkDevice(port)) return;
    const what = `port ${port.id}, which belongs to the network itself (its device_owner is ${port.device_owner})`;
    requireAnyTarget(this.#policy, requester, what);
  }

  /** The other addresses of a router are floating IPs, which belong to their servers. */
  #requireGateway(gateway: string | undefined, { routerId, ports }: ConnectedRouter, requester: Requester): void {
    const addresses = ports.gatewayIps;
    if (gateway === undefined || addresses.includes(gateway) || mayPublishAny(this.#policy, requester)) return;
    throw praasError('GATEWAY_NOT_LOCAL', { gateway, router: routerId, addresses });
  }

  async #serverNotFound(server: string, projectId: string | null): Promise<Error> {
    const known =
      projectId === null ? [] : (await this.#cloud.servers({ project_id: projectId })).map(({ name }) => name);
    return praasError('SERVER_NOT_FOUND', { server, known });
  }
}

function hasPort(ports: readonly CloudPort[], { id }: CloudPort): boolean {
  return ports.some((port) => port.id === id);
}

/** Throws AMBIGUOUS for several addresses. */
function requireOne(addresses: readonly PortAddress[], what: string): PortAddress {
  const [address, another] = addresses;
  if (address === undefined) throw new Error('the selected router is connected to no address');
  if (another === undefined) return address;
  const candidates = addresses.map(({ server_ip, port }) => ({ server_ip, port_id: port.id }));
  throw praasError('AMBIGUOUS', { what: `the address of ${what}`, candidates });
}
