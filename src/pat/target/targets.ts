/** Targets on a node without OpenStack: a router is a namespace, and a server is an address. */

import { MISSING } from '../../core/errors/base-errors.ts';
import type { AccessPolicy } from '../../core/identity/policy.ts';
import type { Requester } from '../../core/identity/requester.ts';
import { praasError } from '../errors.ts';
import type { ResolvedRequest, Targets } from '../interfaces/target.ts';
import type { Mapping, NewMapping, TargetIdentity } from '../mapping/mapping.ts';
import type { MappingRequest, TargetRequest } from '../mapping/request.ts';
import { routerIdOf } from '../router/facts.ts';
import { requireAnyTarget } from './permissions.ts';

/** Gives the new mapping of a request whose router and server are resolved. */
export function newMappingOf(
  request: MappingRequest,
  target: TargetIdentity & Pick<NewMapping, 'router_id' | 'project_id' | 'expectedGatewayIp'>,
): NewMapping {
  const { router: _router, server: _server, ...options } = request;
  return { ...options, ...target, security_group_rule_ids: [] };
}

/** Gives the ID or name of the router that the request names, without the prefix of its namespace; undefined for none. */
export function namedRouter({ router_id, router }: TargetRequest): string | undefined {
  return router_id ?? (router === undefined ? undefined : routerIdOf(router));
}

interface LocalTargetsParts {
  /** Gives the error for a request that only OpenStack can resolve. */
  readonly notConfigured: () => Error;
  /** Decides who may publish an address although nothing says to whom it belongs. */
  readonly policy: AccessPolicy;
}

/**
 * Invariant: without OpenStack the owner of an address is unknown, so publishing one, and opening it further, needs the policy's
 * permission for any target.
 */
export class LocalTargets implements Targets {
  readonly #parts: LocalTargetsParts;

  constructor(parts: LocalTargetsParts) {
    this.#parts = parts;
  }

  async resolve(request: MappingRequest, requester: Requester): Promise<ResolvedRequest> {
    const { server, port_id, server_ip, project_id } = request;
    if (server !== undefined || port_id !== undefined || request.open_security_group) throw this.#parts.notConfigured();
    const routerId = namedRouter(request);
    if (routerId === undefined) throw praasError('ROUTER_REQUIRED', { field: 'router_id' });
    if (server_ip === undefined) {
      const allowed = 'an IPv4 address such as 10.20.0.51';
      throw praasError('INVALID_INPUT', { field: 'server_ip', found: MISSING, allowed });
    }
    this.#requireAnyTarget(server_ip, requester);
    const target = { router_id: routerId, server_ip, server_id: null, port_id: null };
    const projectId = requester.projectId ?? project_id;
    return { mapping: newMappingOf(request, { ...target, project_id: projectId }), port: undefined, warnings: [] };
  }

  async readdress(_: Mapping, serverIp: string, requester: Requester): Promise<TargetIdentity> {
    this.#requireAnyTarget(serverIp, requester);
    return { server_ip: serverIp, server_id: null, port_id: null };
  }

  async confirm({ server_ip }: Mapping, requester: Requester): Promise<void> {
    this.#requireAnyTarget(server_ip, requester);
  }

  #requireAnyTarget(serverIp: string, requester: Requester): void {
    requireAnyTarget(this.#parts.policy, requester, `${serverIp}: without OpenStack its owner is unknown`);
  }
}
