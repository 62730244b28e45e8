/**
 * The requests of the legacy API, carried out by the service.
 *
 * - Only TCP: the legacy responses have no field for a protocol, and a TCP and a UDP mapping of one server port would be one key.
 * - Only published mappings are shown, moved and removed: neither disabled nor expired ones. A mapping that is DOWN for another
 *   reason (its router is not on this node, its gateway address is gone) counts as published: it comes back by itself, and its
 *   user wants to see and to remove it. A disabled or expired mapping does not exist here, and create makes another one.
 * - Two mappings of one server port, which /v1 allows, are one key here: the one with the lowest router port counts, then the
 *   lowest gateway address, in every request.
 */

import type { Clock } from '../../core/clock.ts';
import { ROOT } from '../../core/identity/requester.ts';
import { compareIpv4 } from '../../core/values/ipv4.ts';
import { isPraasError, praasError } from '../../pat/errors.ts';
import { isEffective, type Mapping, type NewMapping } from '../../pat/mapping/mapping.ts';
import type { PatService } from '../../pat/services/pat-service.ts';
import type { LegacyTarget } from './parameters.ts';
import type { LegacyResponse } from './responses.ts';
import * as responses from './responses.ts';

export type LegacyPat = Pick<PatService, 'list' | 'ensure' | 'update' | 'delete'>;

const PORT_ERRORS = ['PORT_TAKEN', 'PORT_RESERVED'] as const;

/** Each method throws as the service does, except for errors for which the contract has a status word. */
export class LegacyMappings {
  readonly #pat: LegacyPat;
  readonly #clock: Clock;

  constructor(pat: LegacyPat, clock: Clock) {
    this.#pat = pat;
    this.#clock = clock;
  }

  /** `{}` also for an unknown router: the Proxy CLI takes every key of the response for a server. */
  async ofRouter(routerId: string): Promise<LegacyResponse> {
    return responses.portsByServer(await this.#published(routerId));
  }

  async ofServer(routerId: string, serverIp: string): Promise<LegacyResponse> {
    const mappings = await this.#published(routerId);
    return responses.portsByServerPort(mappings.filter((mapping) => mapping.server_ip === serverIp));
  }

  async create(target: LegacyTarget): Promise<LegacyResponse> {
    const { value } = await this.#pat.ensure(newMapping(target), { requester: ROOT });
    if (value.isNew) return responses.created(value.mapping);
    // Of several mappings of the server port, every request shows the same one.
    return responses.alreadyCreated((await this.#find(target)) ?? value.mapping);
  }

  async remove(target: LegacyTarget): Promise<LegacyResponse> {
    let mapping = await this.#find(target);
    if (mapping === undefined) return responses.notFoundToRemove(target);
    const condition = this.#unchanged(target, (current) => {
      mapping = current;
    });
    try {
      const { warnings } = await this.#pat.delete([mapping.id], { requester: ROOT, condition });
      return responses.removed(mapping, warnings);
    } catch (error) {
      if (isPraasError(error, 'MAPPING_NOT_FOUND')) return responses.notFoundToRemove(target);
      throw error;
    }
  }

  async modify(target: LegacyTarget, routerPort: number): Promise<LegacyResponse> {
    let before = await this.#find(target);
    if (before === undefined) return responses.notFoundToMove(target);
    if (before.router_port === routerPort) return responses.portUsed(before, routerPort);
    const condition = this.#unchanged(target, (current) => {
      before = current;
    });
    try {
      const { value, warnings } = await this.#pat.update(
        before.id,
        { router_port: routerPort },
        { requester: ROOT, condition },
      );
      // Another request has moved it to the same port meanwhile.
      if (before.router_port === routerPort) return responses.portUsed(before, routerPort);
      return responses.moved(before, value, warnings);
    } catch (error) {
      if (isPraasError(error, 'MAPPING_NOT_FOUND')) return responses.notFoundToMove(target);
      if (isPraasError(error, ...PORT_ERRORS)) return responses.portUsed(before, routerPort, error.message);
      throw error;
    }
  }

  /** In the order in which they count. */
  async #published(routerId: string): Promise<readonly Mapping[]> {
    const { mappings, failures } = await this.#pat.list({ router_id: routerId }, ROOT);
    if (failures[0] !== undefined) throw failures[0];
    const now = this.#clock.now();
    return mappings.filter((mapping) => isPublished(mapping, now)).toSorted(byServer);
  }

  async #find(target: LegacyTarget): Promise<Mapping | undefined> {
    return (await this.#published(target.router_id)).find((mapping) => hasTarget(mapping, target));
  }

  /**
   * A condition that gives `use` the mapping as it is when the change runs: the response is about that state, not about the one
   * that was found before. Throws MAPPING_NOT_FOUND when it is no longer the mapping of the request.
   */
  #unchanged(target: LegacyTarget, use: (mapping: Mapping) => void): (mapping: Mapping) => void {
    return (mapping) => {
      if (!isPublished(mapping, this.#clock.now()) || !hasTarget(mapping, target)) {
        throw praasError('MAPPING_NOT_FOUND', { id: mapping.id });
      }
      use(mapping);
    };
  }
}

/** Without a project, a name and limits: the legacy API has no parameters for them. */
function newMapping(target: LegacyTarget): NewMapping {
  return {
    ...target,
    protocol: 'tcp',
    project_id: null,
    server_id: null,
    port_id: null,
    name: '',
    description: '',
    allowed_cidrs: [],
    expires_at: null,
    enabled: true,
    open_security_group: false,
    security_group_rule_ids: [],
  };
}

function isPublished(mapping: Mapping, now: Date): boolean {
  return mapping.protocol === 'tcp' && isEffective(mapping, now);
}

function hasTarget(mapping: Mapping, { gateway_ip, server_ip, server_port }: LegacyTarget): boolean {
  return mapping.gateway_ip === gateway_ip && mapping.server_ip === server_ip && mapping.server_port === server_port;
}

function byServer(a: Mapping, b: Mapping): number {
  return (
    compareIpv4(a.server_ip, b.server_ip) ||
    a.server_port - b.server_port ||
    a.router_port - b.router_port ||
    compareIpv4(a.gateway_ip, b.gateway_ip)
  );
}
