/**
 * Selects the router of a request: the one that it names, or the only router of the requester that has a gateway and an
 * interface on the subnet of the server. A router of another project is not found.
 */

import type { Requester } from '../../core/identity/requester.ts';
import { praasError } from '../errors.ts';
import type { Cloud, CloudPort } from '../interfaces/cloud.ts';
import { isRouterInterface, type PortAddress, RouterPorts } from './neutron-ports.ts';

/** A router with an interface on the subnets of some of the requested addresses. */
export interface ConnectedRouter {
  readonly routerId: string;
  readonly ports: RouterPorts;
  /** The requested addresses that it is connected to; at least one. */
  readonly addresses: readonly PortAddress[];
}

/** What the request says of the router. */
interface RouterSelection {
  /** Undefined where the request names no router. */
  readonly routerId: string | undefined;
  readonly routerPorts: readonly CloudPort[];
  /** The server, for messages. */
  readonly what: string;
}

export class RouterSelector {
  readonly #cloud: Cloud;
  /** Neutron never moves a router to another project, and never assigns an ID twice. */
  readonly #projects = new Map<string, string>();

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** Gives the ID back. Throws ROUTER_NOT_FOUND for a router that does not exist or is of another project. */
  async requireVisible(routerId: string, requester: Requester): Promise<string> {
    const owner = await this.#projectOf(routerId);
    if (owner === undefined || !requester.sees(owner)) {
      throw await this.#notFound(routerId, requester);
    }
    return routerId;
  }

  /**
   * Gives the ID of the router with that name. For a requester of all projects a name that Neutron does not know is the name
   * of a namespace and is given back. Throws AMBIGUOUS, ROUTER_NOT_FOUND.
   */
  async byName(name: string, requester: Requester): Promise<string> {
    const { projectId: project_id } = requester;
    const matches = await this.#cloud.routers(project_id === null ? { name } : { name, project_id });
    const [router, another] = matches;
    if (another !== undefined) {
      const candidates = matches.map(({ id, project_id: owner }) => ({ id, project_id: owner }));
      throw praasError('AMBIGUOUS', { what: `router ${name}`, candidates });
    }
    if (router === undefined && project_id === null) return name;
    if (router === undefined) throw await this.#notFound(name, requester);
    this.#projects.set(router.id, router.project_id);
    return router.id;
  }

  /**
   * Throws ROUTER_NOT_CONNECTED where the router has no interface on the subnet of one of the addresses, and AMBIGUOUS where
   * the request names no router and several have one.
   */
  async select(
    addresses: readonly PortAddress[],
    { routerId, routerPorts, what }: RouterSelection,
    requester: Requester,
  ): Promise<ConnectedRouter> {
    if (routerId === undefined) return this.#requireOne(await this.#connectedRouters(addresses, requester), what);
    const selected = connectedRouter(routerId, routerPorts, addresses);
    if (selected !== undefined) return selected;
    const known = (await this.#connectedRouters(addresses, requester)).map((each) => each.routerId);
    throw praasError('ROUTER_NOT_CONNECTED', { router: routerId, server: what, known });
  }

  async #requireOne(connected: readonly ConnectedRouter[], what: string): Promise<ConnectedRouter> {
    const withGateway = connected.filter(({ ports }) => ports.gatewayIps.length > 0);
    const usable = withGateway.length > 0 ? withGateway : connected;
    const [selected, another] = usable;
    if (selected === undefined) throw praasError('ROUTER_NOT_CONNECTED', { server: what });
    if (another === undefined) return selected;
    const routers = await Promise.all(usable.map(({ routerId }) => this.#cloud.router(routerId)));
    const candidates = usable.map(({ routerId }, index) => ({ id: routerId, name: routers[index]?.name ?? '' }));
    throw praasError('AMBIGUOUS', { what: `the router of ${what}`, candidates });
  }

  /** The routers that the requester sees and that have an interface on the subnet of one of the addresses. */
  async #connectedRouters(
    addresses: readonly PortAddress[],
    requester: Requester,
  ): Promise<readonly ConnectedRouter[]> {
    const networkIds = [...new Set(addresses.map(({ port }) => port.network_id))];
    const interfaces = (await this.#cloud.ports({ networkIds })).filter(isRouterInterface);
    const routerIds = [...new Set(interfaces.map(({ device_id }) => device_id))];
    const owners = await Promise.all(routerIds.map((routerId) => this.#projectOf(routerId)));
    const deviceIds = routerIds.filter((_, index) => requester.sees(owners[index] ?? null));
    if (deviceIds.length === 0) return [];
    const ports = await this.#cloud.ports({ deviceIds });
    return deviceIds.flatMap((routerId) => connectedRouter(routerId, ports, addresses) ?? []);
  }

  async #projectOf(routerId: string): Promise<string | undefined> {
    const known = this.#projects.get(routerId);
    if (known !== undefined) return known;
    const router = await this.#cloud.router(routerId);
    if (router !== undefined) this.#projects.set(routerId, router.project_id);
    return router?.project_id;
  }

  async #notFound(router: string, { projectId: project_id }: Requester): Promise<Error> {
    const known = project_id === null ? [] : (await this.#cloud.routers({ project_id })).map(({ name }) => name);
    return praasError('ROUTER_NOT_FOUND', { router, known, is_own: true });
  }
}

/** Undefined where the router has no interface on the subnet of one of the addresses. */
function connectedRouter(
  routerId: string,
  ports: readonly CloudPort[],
  addresses: readonly PortAddress[],
): ConnectedRouter | undefined {
  const own = new RouterPorts(routerId, ports);
  const connected = addresses.filter(({ subnet_id }) => own.subnetIds.has(subnet_id));
  return connected.length === 0 ? undefined : { routerId, ports: own, addresses: connected };
}
