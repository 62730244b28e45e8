/** Targets on a node without OpenStack: a router is a namespace, and a server is an address. */

import { MISSING } from '../../core/errors/base-errors.ts';
import type { Requester } from '../../core/identity/requester.ts';
import type { PortRange } from '../../core/values/port-range.ts';
import { praasError } from '../errors.ts';
import type { ResolvedRequest, Targets } from '../interfaces/target.ts';
import type { Mapping, NewMapping, TargetIdentity } from '../mapping/mapping.ts';
import type { MappingRequest, TargetRequest } from '../mapping/request.ts';
import { routerIdOf } from '../router/facts.ts';

/** Throws FORBIDDEN for a router port outside of the range. For requesters who may not use any port. */
export function requirePortInRange(routerPort: number | undefined, range: PortRange, requester: Requester): void {
  if (routerPort === undefined || (routerPort >= range.first && routerPort <= range.last)) return;
  const what = `use router port ${routerPort}, which is outside of ${range.first}:${range.last}`;
  throw praasError('FORBIDDEN', { who: String(requester), what });
}

/** Gives the new mapping of a request whose router and server are resolved. */
export function newMappingOf(
  request: MappingRequest,
  target: TargetIdentity & Pick<NewMapping, 'router_id' | 'project_id' | 'expectedGatewayIp'>,
): NewMapping {
  const { router: _router, server: _server, open_security_group: _open, ...options } = request;
  return { ...options, ...target, security_group_rule_ids: [] };
}

/** Gives the ID or name of the router that the request names, without the prefix of its namespace; undefined for none. */
export function namedRouter({ router_id, router }: TargetRequest): string | undefined {
  return router_id ?? (router === undefined ? undefined : routerIdOf(router));
}

export class LocalTargets implements Targets {
  readonly #notConfigured: () => Error;

  /** `notConfigured` gives the error for a request that only OpenStack can resolve. */
  constructor(notConfigured: () => Error) {
    this.#notConfigured = notConfigured;
  }

  async resolve(request: MappingRequest): Promise<ResolvedRequest> {
    const { server, port_id, server_ip, project_id } = request;
    if (server !== undefined || port_id !== undefined || request.open_security_group) throw this.#notConfigured();
    const routerId = namedRouter(request);
    if (routerId === undefined) throw praasError('ROUTER_REQUIRED', { field: 'router_id' });
    if (server_ip === undefined) {
      const allowed = 'an IPv4 address such as 10.20.0.51';
      throw praasError('INVALID_INPUT', { field: 'server_ip', found: MISSING, allowed });
    }
    const target = { router_id: routerId, server_ip, server_id: null, port_id: null, project_id };
    return { mapping: newMappingOf(request, target), port: undefined, warnings: [] };
  }

  async readdress(_: Mapping, serverIp: string): Promise<TargetIdentity> {
    return { server_ip: serverIp, server_id: null, port_id: null };
  }

  async confirm(): Promise<void> {
    // A node without OpenStack has no owners of addresses to check.
  }
}
