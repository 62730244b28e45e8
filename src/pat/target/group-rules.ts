/**
 * Which rules a mapping has in the security groups of its port. A rule is of a mapping when its description says so; such rules
 * are added and removed with what the mapping allows, and no other rule ever is. Pure.
 */
import type { CloudPort, SecurityGroupRule } from '../interfaces/cloud.ts';
import { isEffective, type Mapping } from '../mapping/mapping.ts';
import { ANY_SOURCE, type MissingAccess, missingAccess } from './security.ts';

const OF_A_MAPPING = /^praas:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The description of all rules of a mapping. */
export function ruleDescription(mappingId: string): string {
  return `praas:${mappingId}`;
}

interface RulePlan {
  readonly add: readonly MissingAccess[];
  readonly keep: readonly SecurityGroupRule[];
  readonly remove: readonly SecurityGroupRule[];
}

/** Takes the rules of the port's groups, and all rules of the mapping, wherever they are. */
export function planRules(
  { id, mapping }: { readonly id: string; readonly mapping: Mapping | undefined },
  port: CloudPort | undefined,
  rules: readonly SecurityGroupRule[],
  now: Date,
): RulePlan {
  const own = rules.filter(({ description }) => description === ruleDescription(id));
  const opens = mapping?.open_security_group === true && isEffective(mapping, now);
  if (!opens || mapping.port_id === null) return { add: [], keep: [], remove: own };
  // A list only gives candidates: the monitor deletes the mapping once its port is known to be deleted.
  if (port === undefined) return { add: [], keep: own, remove: [] };
  const needed = neededRules(port, rules, mapping);
  const keep = own.filter((rule) => isOfPort(port, rule) && needed.some((access) => allowsExactly(rule, access)));
  return {
    add: needed.filter((access) => !keep.some((rule) => allowsExactly(rule, access))),
    keep,
    remove: own.filter((rule) => !keep.includes(rule)),
  };
}

/** The accesses for which the mapping needs rules. Rules of other mappings do not count: they go with those. */
export function neededRules(
  port: CloudPort,
  rules: readonly SecurityGroupRule[],
  mapping: Parameters<typeof missingAccess>[2],
): readonly MissingAccess[] {
  const lasting = rules.filter((rule) => isOfPort(port, rule) && !OF_A_MAPPING.test(rule.description));
  return missingAccess(port, lasting, mapping);
}

/** True for the rule by which one mapping opens exactly this access. Neutron compares the same fields to refuse a second one. */
export function allowsExactly(rule: SecurityGroupRule, { cidr, protocol, port }: MissingAccess): boolean {
  return (
    OF_A_MAPPING.test(rule.description) &&
    rule.protocol === protocol &&
    rule.port_range_min === port &&
    rule.port_range_max === port &&
    (rule.remote_ip_prefix ?? ANY_SOURCE) === cidr
  );
}

function isOfPort(port: CloudPort, rule: SecurityGroupRule): boolean {
  return port.security_group_ids.includes(rule.security_group_id);
}
