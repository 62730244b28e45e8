/**
 * Security groups for mappings: says what they would drop, opens them when that is wanted, and takes away only what was
 * opened. A rule goes into a group of the port's own project; it carries the mapping's id, so that people see whose it is.
 */
import { messageOf } from '../../core/errors/message-of.ts';
import type { Logger } from '../../core/logger.ts';
import { isPraasError, praasError } from '../errors.ts';
import type { Cloud, CloudPort, SecurityGroup, SecurityGroupRule } from '../interfaces/cloud.ts';
import type { GroupInspection, SecuredTarget, SecurityGroupAccess } from '../interfaces/security-groups.ts';
import { type MissingAccess, missingAccess, missingText } from './security.ts';

const EVERYBODY = '0.0.0.0/0';
const MARK = 'praas:';
const NOTHING: GroupInspection = { warnings: [], ruleIds: [] };

export class SecurityGroups implements SecurityGroupAccess {
  readonly #cloud: Cloud;
  readonly #log: Logger;
  readonly #left = new Set<string>();

  constructor(cloud: Cloud, log: Logger) {
    this.#cloud = cloud;
    this.#log = log;
  }

  async inspect(mapping_id: string, { mapping, port }: SecuredTarget, opens: boolean): Promise<GroupInspection> {
    if (port === undefined || !port.hasPortSecurity) return NOTHING;
    try {
      const rules = await this.#cloud.securityGroupRules(port.security_group_ids);
      const missing = missingAccess(port, rules, mapping);
      if (opens) {
        const others = missingAccess(
          port,
          rules.filter(({ description }) => !isOurs(description)),
          mapping,
        );
        const sharedIds = rules.filter((rule) => others.some((each) => isFor(rule, each))).map(({ id }) => id);
        const opened = missing.length === 0 ? NOTHING : await this.#open(mapping_id, port, missing);
        return sharedIds.length === 0 ? opened : { ...opened, sharedIds };
      }
      if (missing.length === 0) return NOTHING;
      const groups = await this.#cloud.securityGroups(port.security_group_ids);
      return { warnings: [warningOf(missing, groups)], ruleIds: [] };
    } catch (error) {
      if (opens || !isPraasError(error)) throw error;
      return { warnings: [`whether the security groups let it through is not known: ${error.message}`], ruleIds: [] };
    }
  }

  /** Tries again what could not be taken away because nobody answered. Never throws. */
  async closeLeft(): Promise<void> {
    const left = [...this.#left];
    this.#left.clear();
    await this.close(left);
  }

  async close(ruleIds: readonly string[]): Promise<readonly string[]> {
    const results = await Promise.allSettled(ruleIds.map((id) => this.#cloud.removeSecurityGroupRule(id)));
    return results.flatMap((result, index) => {
      if (result.status === 'fulfilled') return [];
      const id = ruleIds[index] ?? '';
      if (isPraasError(result.reason, 'CLOUD_UNAVAILABLE')) this.#left.add(id);
      this.#log.warn('a security group rule stays', { id, reason: String(result.reason) });
      return [
        `security group rule ${id} stays: ${reasonOf(result.reason)}; remove it with \`openstack security group rule delete ${id}\``,
      ];
    });
  }

  async #open(mapping_id: string, port: CloudPort, missing: readonly MissingAccess[]): Promise<GroupInspection> {
    const groups = await this.#cloud.securityGroups(port.security_group_ids);
    const own = groups.find(({ project_id }) => project_id === port.project_id);
    if (own === undefined) {
      const what = `open a security group of port ${port.id}: none of them belongs to its project`;
      throw praasError('FORBIDDEN', { who: 'praas', what });
    }
    const ruleIds: string[] = [];
    try {
      for (const { cidr, protocol, port: number } of missing) {
        const remote_ip_prefix = cidr === EVERYBODY ? null : cidr;
        const description = `${MARK}${mapping_id}`;
        const rule = { security_group_id: own.id, protocol, port: number, remote_ip_prefix, description };
        ruleIds.push(await this.#cloud.addSecurityGroupRule(rule));
      }
    } catch (error) {
      await this.close(ruleIds);
      throw error;
    }
    return { warnings: [], ruleIds };
  }
}

function isOurs(description: string): boolean {
  return description.startsWith(MARK);
}

/** Whether it is a rule of ours that was added for exactly that. */
function isFor(rule: SecurityGroupRule, { cidr, protocol, port }: MissingAccess): boolean {
  return (
    isOurs(rule.description) &&
    rule.protocol === protocol &&
    rule.port_range_min === port &&
    rule.port_range_max === port &&
    (rule.remote_ip_prefix ?? EVERYBODY) === cidr
  );
}

function warningOf(missing: readonly MissingAccess[], groups: readonly SecurityGroup[]): string {
  const names = groups.map(({ name, id }) => name || id).join(', ') || 'none';
  const dropped = missing.map(missingText).join(' and ');
  return `the server's security groups (${names}) drop ${dropped}: an ingress rule for it is missing; --open-security-group adds it`;
}

function reasonOf(error: unknown): string {
  return messageOf(error);
}
