/**
 * The old API's questions and changes, asked of the service.
 *
 * - Only TCP: the old answers have no word for a protocol, and TCP and UDP mappings of one server port would be one key.
 * - Shown, moved and removed is what is published: neither disabled nor expired. What is DOWN for another reason (its router
 *   is not here, its gateway address is gone) is there all the same: it comes back by itself, and its user wants to see and
 *   to remove it. A disabled or expired mapping is for the new API: here it is not there, and creating makes another one.
 * - Two mappings of one server port (the new API allows that) are one key here: the lowest router port counts, then the
 *   lowest gateway address, everywhere.
 */
import type { Clock } from '../../core/clock.ts';
import { compareIpv4 } from '../../core/values/ipv4.ts';
import { isPraasError, praasError } from '../../pat/errors.ts';
import { isEffective, type Mapping, type NewMapping } from '../../pat/mapping/mapping.ts';
import type { PatService } from '../../pat/services/pat-service.ts';
import type { LegacyAnswer } from './answers.ts';
import * as answers from './answers.ts';
import type { LegacyTarget } from './parameters.ts';

export type LegacyPat = Pick<PatService, 'list' | 'ensure' | 'update' | 'delete'>;

/** Each method throws what the service throws, as far as the contract has no word of its own for it. */
export class LegacyMappings {
  readonly #pat: LegacyPat;
  readonly #clock: Clock;

  constructor(pat: LegacyPat, clock: Clock) {
    this.#pat = pat;
    this.#clock = clock;
  }

  /** `{}` for a router that nobody knows, too: the Proxy CLI takes every key of the answer for a server. */
  async ofRouter(router_id: string): Promise<LegacyAnswer> {
    return answers.portsByServer(await this.#published(router_id));
  }

  async ofServer(router_id: string, server_ip: string): Promise<LegacyAnswer> {
    const mappings = await this.#published(router_id);
    return answers.portsByServerPort(mappings.filter((mapping) => mapping.server_ip === server_ip));
  }

  /** Nobody named these mappings and no project owns them: both stay empty, as where an operator leaves them out. */
  async create(place: LegacyTarget): Promise<LegacyAnswer> {
    const { value } = await this.#pat.ensure(newMappingAt(place));
    if (value.isNew) return answers.created(value.mapping);
    // Of several that lead there, always the same one is shown.
    return answers.createdBefore((await this.#find(place)) ?? value.mapping);
  }

  async remove(place: LegacyTarget): Promise<LegacyAnswer> {
    let mapping = await this.#find(place);
    if (mapping === undefined) return answers.nothingToRemove(place);
    const condition = this.#still(place, (now) => {
      mapping = now;
    });
    try {
      await this.#pat.delete([mapping.id], { condition });
    } catch (error) {
      if (isPraasError(error, 'MAPPING_NOT_FOUND')) return answers.nothingToRemove(place);
      throw error;
    }
    return answers.removed(mapping);
  }

  async modify(place: LegacyTarget, router_port: number): Promise<LegacyAnswer> {
    let before = await this.#find(place);
    if (before === undefined) return answers.nothingToMove(place);
    if (before.router_port === router_port) return answers.moved(before, before);
    const condition = this.#still(place, (now) => {
      before = now;
    });
    try {
      const { value } = await this.#pat.update(before.id, { router_port }, { condition });
      return answers.moved(before, value);
    } catch (error) {
      if (isPraasError(error, 'MAPPING_NOT_FOUND')) return answers.nothingToMove(place);
      // Whoever has the port, a mapping, a rule of somebody else, a program or Neutron: it is taken, and another one helps.
      if (isPraasError(error, ...TAKEN)) return answers.portUsed(before, router_port, error.message);
      throw error;
    }
  }

  /** In the order in which they count. */
  async #published(router_id: string): Promise<readonly Mapping[]> {
    const { mappings, failures } = await this.#pat.list({ router_id });
    if (failures[0] !== undefined) throw failures[0];
    const now = this.#clock.now();
    return mappings.filter((mapping) => isPublished(mapping, now)).toSorted(byServer);
  }

  async #find(place: LegacyTarget): Promise<Mapping | undefined> {
    return (await this.#published(place.router_id)).find((mapping) => isAt(mapping, place));
  }

  /**
   * A condition that gives `take` the mapping as it is when the change has its turn: that is what the answer is about, not
   * what was found before. Throws MAPPING_NOT_FOUND when it is no longer what was asked for.
   */
  #still(place: LegacyTarget, take: (mapping: Mapping) => void): (mapping: Mapping) => void {
    return (mapping) => {
      if (!isPublished(mapping, this.#clock.now()) || !isAt(mapping, place)) {
        throw praasError('MAPPING_NOT_FOUND', { id: mapping.id });
      }
      take(mapping);
    };
  }
}

/** Without a name, a project and limits. */
function newMappingAt(place: LegacyTarget): NewMapping {
  return {
    ...place,
    protocol: 'tcp',
    project_id: null,
    server_id: null,
    port_id: null,
    name: '',
    description: '',
    allowed_cidrs: [],
    expires_at: null,
    enabled: true,
    security_group_rule_ids: [],
  };
}

const TAKEN = ['PORT_TAKEN', 'PORT_RESERVED'] as const;

function isPublished(mapping: Mapping, now: Date): boolean {
  return mapping.protocol === 'tcp' && isEffective(mapping, now);
}

function isAt(mapping: Mapping, { gateway_ip, server_ip, server_port }: LegacyTarget): boolean {
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
