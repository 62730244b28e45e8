/** Who is meant on a node without OpenStack: a router is a namespace, and a server is an address. */
import type { Requester } from '../../core/identity/requester.ts';
import type { PortRange } from '../../core/values/port-range.ts';
import { praasError } from '../errors.ts';
import type { ResolvedRequest, Targets } from '../interfaces/target.ts';
import type { Mapping, NewMapping, TargetIdentity } from '../mapping/mapping.ts';
import type { MappingRequest, TargetRequest } from '../mapping/request.ts';
import { routerIdOf } from '../router/facts.ts';

/** Throws FORBIDDEN for a router port outside of the range; for requesters who may not choose any port. */
export function requireRange(router_port: number | undefined, range: PortRange, requester: Requester): void {
  if (router_port === undefined || (router_port >= range.first && router_port <= range.last)) return;
  const what = `choose router port ${router_port}, which is outside of ${range.first}:${range.last}`;
  throw praasError('FORBIDDEN', { who: String(requester), what });
}

/** The new mapping that a request asks for, once router and server are known. */
export function newMappingOf(
  request: MappingRequest,
  target: TargetIdentity & Pick<NewMapping, 'router_id' | 'project_id' | 'expectedGatewayIp'>,
): NewMapping {
  const { router: _router, server: _server, open_security_group: _open, ...options } = request;
  return { ...options, ...target, security_group_rule_ids: [] };
}

/** The router named by its id, its name or the name of its namespace; undefined for none. */
export function namedRouter({ router_id, router }: TargetRequest): string | undefined {
  return router_id ?? (router === undefined ? undefined : routerIdOf(router));
}

export class LocalTargets implements Targets {
  readonly #cloudsPath: string;

  /** Takes where clouds.yaml was not found, for messages. */
  constructor(cloudsPath: string) {
    this.#cloudsPath = cloudsPath;
  }

  async resolve(request: MappingRequest): Promise<ResolvedRequest> {
    const { server, port_id, server_ip, project_id } = request;
    if (server !== undefined) throw this.#notConfigured('a server name');
    if (port_id !== undefined) throw this.#notConfigured('a Neutron port ID');
    if (request.open_security_group) throw this.#notConfigured('opening a security group');
    const router_id = namedRouter(request);
    if (router_id === undefined) throw missing('router_id', 'a router UUID or a namespace name');
    if (server_ip === undefined) throw missing('server_ip', 'an IPv4 address such as 10.20.0.51');
    const target = { router_id, server_ip, server_id: null, port_id: null, project_id };
    return { mapping: newMappingOf(request, target), port: undefined, warnings: [] };
  }

  async readdress(_: Mapping, server_ip: string): Promise<TargetIdentity> {
    return { server_ip, server_id: null, port_id: null };
  }

  async confirm(): Promise<void> {
    // Nothing here knows whose an address is.
  }

  #notConfigured(what: string): Error {
    return praasError('CLOUD_NOT_CONFIGURED', { what, path: this.#cloudsPath });
  }
}

function missing(field: string, allowed: string): Error {
  return praasError('INVALID_INPUT', { field, found: 'missing', allowed });
}
