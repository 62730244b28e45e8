/**
 * Checks and opens the security groups of servers. A rule is added only to a group of the port's own project; its description
 * carries the mapping's ID, so that people see why it is there and only such rules are ever removed.
 */
import { messageOf } from '../../core/errors/message-of.ts';
import type { Logger } from '../../core/logger.ts';
import { isPraasError, praasError } from '../errors.ts';
import type { Cloud, CloudPort, SecurityGroupRule } from '../interfaces/cloud.ts';
import type { GroupInspection, SecuredTarget, SecurityGroupAccess } from '../interfaces/security-groups.ts';
import { ANY_SOURCE, type MissingAccess, missingAccess } from './security.ts';
import { droppedWarning, ruleWarning, uncheckedWarning } from './warnings.ts';

const DESCRIPTION_PREFIX = 'praas:';
const NOTHING_TO_DO: GroupInspection = { warnings: [], ruleIds: [] };

export class SecurityGroups implements SecurityGroupAccess {
  readonly #cloud: Cloud;
  readonly #log: Logger;
  /** IDs of rules that could not be removed because OpenStack was unavailable. */
  readonly #failedRemovals = new Set<string>();

  constructor(cloud: Cloud, log: Logger) {
    this.#cloud = cloud;
    this.#log = log;
  }

  async inspect(mappingId: string, { mapping, port }: SecuredTarget, opens: boolean): Promise<GroupInspection> {
    if (port === undefined || !port.hasPortSecurity) return NOTHING_TO_DO;
    try {
      const rules = await this.#cloud.securityGroupRules(port.security_group_ids);
      const missing = missingAccess(port, rules, mapping);
      if (opens) {
        const otherRules = rules.filter(({ description }) => !isPraasRule(description));
        const missingWithoutPraas = missingAccess(port, otherRules, mapping);
        const shared = rules.filter((rule) => missingWithoutPraas.some((access) => wasAddedFor(rule, access)));
        const opened = missing.length === 0 ? NOTHING_TO_DO : await this.#open(mappingId, port, missing);
        return shared.length === 0 ? opened : { ...opened, sharedIds: shared.map(({ id }) => id) };
      }
      if (missing.length === 0) return NOTHING_TO_DO;
      const groups = await this.#cloud.securityGroups(port.security_group_ids);
      const names = groups.map(({ name, id }) => name || id);
      return { warnings: [droppedWarning(names, missing)], ruleIds: [] };
    } catch (error) {
      if (opens || !isPraasError(error)) throw error;
      return { warnings: [uncheckedWarning(error.message)], ruleIds: [] };
    }
  }

  /** Removes the rules that could not be removed while OpenStack was unavailable. Never throws. */
  async retryRemovals(): Promise<void> {
    const ids = [...this.#failedRemovals];
    this.#failedRemovals.clear();
    await this.close(ids);
  }

  async close(ruleIds: readonly string[]): Promise<readonly string[]> {
    const results = await Promise.allSettled(ruleIds.map((id) => this.#cloud.removeSecurityGroupRule(id)));
    return results.flatMap((result, index) => {
      if (result.status === 'fulfilled') return [];
      const id = ruleIds[index] ?? '';
      if (isPraasError(result.reason, 'CLOUD_UNAVAILABLE')) this.#failedRemovals.add(id);
      this.#log.warn('security group rule not removed', { id, error: messageOf(result.reason) });
      return [ruleWarning(id, messageOf(result.reason))];
    });
  }

  async #open(mappingId: string, port: CloudPort, missing: readonly MissingAccess[]): Promise<GroupInspection> {
    const groups = await this.#cloud.securityGroups(port.security_group_ids);
    const own = groups.find(({ project_id }) => project_id === port.project_id);
    if (own === undefined) throw praasError('NO_OWN_SECURITY_GROUP', { port: port.id });
    const ruleIds: string[] = [];
    try {
      for (const { cidr, protocol, port: number } of missing) {
        const remoteIpPrefix = cidr === ANY_SOURCE ? null : cidr;
        const description = `${DESCRIPTION_PREFIX}${mappingId}`;
        const rule = {
          security_group_id: own.id,
          protocol,
          port: number,
          remote_ip_prefix: remoteIpPrefix,
          description,
        };
        ruleIds.push(await this.#cloud.addSecurityGroupRule(rule));
      }
    } catch (error) {
      await this.close(ruleIds);
      throw error;
    }
    return { warnings: [], ruleIds };
  }
}

function isPraasRule(description: string): boolean {
  return description.startsWith(DESCRIPTION_PREFIX);
}

/** True for a rule that praas added for exactly this access. */
function wasAddedFor(rule: SecurityGroupRule, { cidr, protocol, port }: MissingAccess): boolean {
  return (
    isPraasRule(rule.description) &&
    rule.protocol === protocol &&
    rule.port_range_min === port &&
    rule.port_range_max === port &&
    (rule.remote_ip_prefix ?? ANY_SOURCE) === cidr
  );
}
