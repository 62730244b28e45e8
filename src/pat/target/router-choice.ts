/**
 * Which router is meant: the one that is named, or the only one of the requester's that has a gateway and an interface on the
 * server's subnet. What is another project's is not there.
 */

import type { Requester } from '../../core/identity/requester.ts';
import { praasError } from '../errors.ts';
import type { Cloud, CloudPort } from '../interfaces/cloud.ts';
import { isRouterInterface, type PortAddress, RouterPorts } from './reach.ts';

export interface Chosen {
  readonly router_id: string;
  readonly ports: RouterPorts;
  /** What it leads to of what may be meant; one at least. */
  readonly targets: readonly PortAddress[];
}

/** What is known of the router already. */
export interface Asked {
  readonly router_id: string | undefined;
  readonly routerPorts: readonly CloudPort[];
  /** The server, for messages. */
  readonly what: string;
}

export class RouterChoice {
  readonly #cloud: Cloud;
  /** Neutron never moves a router to another project, and never gives an id twice. */
  readonly #projects = new Map<string, string>();

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** Gives the id back. Throws ROUTER_NOT_FOUND when it is another project's, or nobody's. */
  async requireOwn(router_id: string, requester: Requester): Promise<string> {
    const owner = await this.#projectOf(router_id);
    if (owner === undefined || !requester.sees(owner)) {
      throw await this.#notFound(router_id, requester);
    }
    return router_id;
  }

  /** The id of the router of that name; the name itself for an operator who means a namespace. Throws AMBIGUOUS, ROUTER_NOT_FOUND. */
  async byName(name: string, requester: Requester): Promise<string> {
    const { projectId: project_id } = requester;
    const found = await this.#cloud.routers(project_id === null ? { name } : { name, project_id });
    const [router, another] = found;
    if (another !== undefined) {
      const candidates = found.map((each) => `${each.id} of project ${each.project_id}`);
      throw praasError('AMBIGUOUS', { what: `router ${name}`, candidates });
    }
    if (router === undefined && project_id === null) return name;
    if (router === undefined) throw await this.#notFound(name, requester);
    this.#projects.set(router.id, router.project_id);
    return router.id;
  }

  /** Throws ROUTER_NOT_CONNECTED when the router does not lead to any of them, AMBIGUOUS when several routers do. */
  async choose(
    targets: readonly PortAddress[],
    { router_id, routerPorts, what }: Asked,
    requester: Requester,
  ): Promise<Chosen> {
    if (router_id === undefined) return this.#only(await this.#leadingTo(targets, requester), what);
    const chosen = leading(router_id, routerPorts, targets);
    if (chosen !== undefined) return chosen;
    const known = (await this.#leadingTo(targets, requester)).map((each) => each.router_id);
    throw praasError('ROUTER_NOT_CONNECTED', { router: router_id, server: what, known });
  }

  async #only(leadingThere: readonly Chosen[], what: string): Promise<Chosen> {
    const withGateway = leadingThere.filter(({ ports }) => ports.gateway_ips.length > 0);
    const possible = withGateway.length > 0 ? withGateway : leadingThere;
    const [chosen, another] = possible;
    if (chosen === undefined) throw praasError('ROUTER_NOT_CONNECTED', { router: 'of yours', server: what, known: [] });
    if (another === undefined) return chosen;
    const names = await Promise.all(possible.map(({ router_id }) => this.#cloud.router(router_id)));
    const candidates = possible.map(({ router_id }, index) => `${names[index]?.name ?? ''} (${router_id})`);
    throw praasError('AMBIGUOUS', { what: `the router of ${what}`, candidates });
  }

  /** The requester's routers with an interface on the subnet of one of the targets. */
  async #leadingTo(targets: readonly PortAddress[], requester: Requester): Promise<readonly Chosen[]> {
    const networkIds = [...new Set(targets.map(({ port }) => port.network_id))];
    const interfaces = (await this.#cloud.ports({ networkIds })).filter(isRouterInterface);
    const routerIds = [...new Set(interfaces.map(({ device_id }) => device_id))];
    const owners = await Promise.all(routerIds.map((router_id) => this.#projectOf(router_id)));
    const deviceIds = routerIds.filter((_, index) => requester.sees(owners[index] ?? null));
    if (deviceIds.length === 0) return [];
    const ports = await this.#cloud.ports({ deviceIds });
    return deviceIds.flatMap((router_id) => leading(router_id, ports, targets) ?? []);
  }

  async #projectOf(router_id: string): Promise<string | undefined> {
    const known = this.#projects.get(router_id);
    if (known !== undefined) return known;
    const router = await this.#cloud.router(router_id);
    if (router !== undefined) this.#projects.set(router_id, router.project_id);
    return router?.project_id;
  }

  async #notFound(router: string, { projectId: project_id }: Requester): Promise<Error> {
    const known = project_id === null ? [] : (await this.#cloud.routers({ project_id })).map(({ name }) => name);
    return praasError('ROUTER_NOT_FOUND', { router, known, is_own: true });
  }
}

function leading(router_id: string, ports: readonly CloudPort[], targets: readonly PortAddress[]): Chosen | undefined {
  const own = new RouterPorts(router_id, ports);
  const reached = targets.filter(({ subnet_id }) => own.subnetIds.has(subnet_id));
  return reached.length === 0 ? undefined : { router_id, ports: own, targets: reached };
}
