/**
 * Checks and opens the security groups of servers. A rule is added only to a group of the port's own project, and its
 * description carries the mapping's ID. Invariant: only rules with the description of that very mapping are removed. Where
 * another mapping has an equal rule, which Neutron stores once, that one serves both until it goes (decision 23).
 */
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/logger.ts';
import { isPraasError, type PraasError, praasError } from '../errors.ts';
import type { Cloud, CloudPort, SecurityGroup, SecurityGroupRule } from '../interfaces/cloud.ts';
import type {
  FollowedMapping,
  FollowResult,
  SecuredTarget,
  SecurityGroupAccess,
} from '../interfaces/security-groups.ts';
import type { Mapping } from '../mapping/mapping.ts';
import { allowsExactly, neededRules, planRules, ruleDescription } from './group-rules.ts';
import { isVirtualAddress } from './neutron-ports.ts';
import { ANY_SOURCE, type MissingAccess, missingAccess } from './security.ts';
import { droppedWarning, uncheckedWarning } from './warnings.ts';

interface SecurityGroupsParts {
  readonly cloud: Cloud;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What was read of Neutron for several mappings; rules that are added meanwhile join it. */
interface GroupSnapshot {
  readonly ports: ReadonlyMap<string, CloudPort>;
  rules: readonly SecurityGroupRule[];
}

const CONFLICT = 409;

export class SecurityGroups implements SecurityGroupAccess {
  readonly #parts: SecurityGroupsParts;

  constructor(parts: SecurityGroupsParts) {
    this.#parts = parts;
  }

  async inspect({ mapping, port }: SecuredTarget): Promise<readonly string[]> {
    const { cloud } = this.#parts;
    if (port === undefined || !port.hasPortSecurity || isVirtualAddress(port)) return [];
    try {
      const missing = missingAccess(port, await cloud.securityGroupRules(port.security_group_ids), mapping);
      if (missing.length === 0) return [];
      const groups = await cloud.securityGroups(port.security_group_ids);
      const names = groups.map(({ name, id }) => name || id);
      return [droppedWarning(names, missing)];
    } catch (error) {
      return this.#unchecked(error);
    }
  }

  async inspectMapping(mapping: Mapping): Promise<readonly string[]> {
    const { port_id } = mapping;
    if (port_id === null) return [];
    try {
      const [port] = await this.#parts.cloud.ports({ ids: [port_id] });
      return await this.inspect({ mapping, port });
    } catch (error) {
      return this.#unchecked(error);
    }
  }

  async open(mappingId: string, { mapping, port }: SecuredTarget): Promise<readonly string[]> {
    if (port === undefined || !port.hasPortSecurity) return [];
    const rules = await this.#parts.cloud.securityGroupRules(port.security_group_ids);
    const added: SecurityGroupRule[] = [];
    for (const access of neededRules(port, rules, mapping))
      added.push(...(await this.#add(mappingId, port, access, [...rules, ...added])));
    return added.map(({ id }) => id);
  }

  async follow(mappings: readonly FollowedMapping[]): Promise<readonly FollowResult[]> {
    if (mappings.length === 0) return [];
    const results: FollowResult[] = [];
    try {
      const snapshot = await this.#read(mappings);
      for (const each of mappings) results.push(await this.#followOne(each, snapshot));
      return results;
    } catch (error) {
      const failure = knownError(error);
      return mappings.map(({ id, mapping }) => ({
        id,
        ruleIds: mapping?.security_group_rule_ids ?? [],
        removed: [],
        failure,
      }));
    }
  }

  /** A number of requests that grows with each fifty mappings. */
  async #read(mappings: readonly FollowedMapping[]): Promise<GroupSnapshot> {
    const { cloud } = this.#parts;
    const portIds = new Set(mappings.flatMap(({ mapping }) => mapping?.port_id ?? []));
    const ports = await cloud.ports({ ids: [...portIds] });
    const groupIds = new Set(ports.flatMap((port) => port.security_group_ids));
    const [ofGroups, ofMappings] = await Promise.all([
      cloud.securityGroupRules([...groupIds]),
      cloud.describedRules(mappings.map(({ id }) => ruleDescription(id))),
    ]);
    const rules = new Map([...ofGroups, ...ofMappings].map((rule) => [rule.id, rule]));
    return { ports: new Map(ports.map((port) => [port.id, port])), rules: [...rules.values()] };
  }

  async #followOne(followed: FollowedMapping, snapshot: GroupSnapshot): Promise<FollowResult> {
    const { cloud, clock, log } = this.#parts;
    const { id, mapping } = followed;
    const port = snapshot.ports.get(mapping?.port_id ?? '');
    const { add, keep, remove } = planRules(followed, port, snapshot.rules, clock.now());
    const own = new Map(keep.map((rule) => [rule.id, rule]));
    const removed: SecurityGroupRule[] = [];
    let failure: PraasError | undefined;
    try {
      if (port !== undefined)
        for (const access of add)
          for (const rule of await this.#add(id, port, access, snapshot.rules)) own.set(rule.id, rule);
      snapshot.rules = [...new Set([...snapshot.rules, ...own.values()])];
    } catch (error) {
      failure = knownError(error);
    }
    for (const rule of remove) {
      try {
        await cloud.removeSecurityGroupRule(rule.id);
        removed.push(rule);
      } catch (error) {
        failure = knownError(error);
        own.set(rule.id, rule);
      }
    }
    snapshot.rules = snapshot.rules.filter((rule) => !removed.includes(rule));
    if (add.length > 0 || removed.length > 0)
      log.info('security group followed', {
        mapping: id,
        rules: [...own.keys()],
        removed: removed.map((rule) => rule.id),
      });
    return { id, ruleIds: [...own.keys()], removed, failure };
  }

  /** Gives the new rule; none where another mapping has an equal one. */
  async #add(
    mappingId: string,
    port: CloudPort,
    access: MissingAccess,
    rules: readonly SecurityGroupRule[],
  ): Promise<readonly SecurityGroupRule[]> {
    const { cloud } = this.#parts;
    const group = await this.#ownGroup(port);
    const isThere = (all: readonly SecurityGroupRule[]): boolean =>
      all.some((rule) => rule.security_group_id === group.id && allowsExactly(rule, access));
    if (isThere(rules)) return [];
    const { cidr, protocol, port: number } = access;
    try {
      const rule = {
        security_group_id: group.id,
        protocol,
        port: number,
        remote_ip_prefix: cidr === ANY_SOURCE ? null : cidr,
        description: ruleDescription(mappingId),
      };
      return [await cloud.addSecurityGroupRule(rule)];
    } catch (error) {
      const isConflict = isPraasError(error, 'CLOUD_REFUSED') && error.facts.status === CONFLICT;
      // A quota is a conflict, too.
      if (isConflict && isThere(await cloud.securityGroupRules([group.id]))) return [];
      throw error;
    }
  }

  #unchecked(error: unknown): readonly string[] {
    const failure = knownError(error);
    this.#parts.log.warn('security groups not checked', { error: failure.message });
    return [uncheckedWarning(failure)];
  }

  /** Throws NO_OWN_SECURITY_GROUP. */
  async #ownGroup(port: CloudPort): Promise<SecurityGroup> {
    const groups = await this.#parts.cloud.securityGroups(port.security_group_ids);
    const own = groups.find(({ project_id }) => project_id === port.project_id);
    if (own === undefined) throw praasError('NO_OWN_SECURITY_GROUP', { port: port.id });
    return own;
  }
}

/** Rethrows what is in no catalogue: a bug. */
function knownError(error: unknown): PraasError {
  if (!isPraasError(error)) throw error;
  return error;
}
