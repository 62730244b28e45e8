/**
 * Which packets the security groups of a port drop. Neutron drops a packet silently unless an ingress rule of one of the
 * groups allows it. Pure.
 */
import { isCovered } from '../../core/values/ipv4.ts';
import type { CloudPort, SecurityGroupRule } from '../interfaces/cloud.ts';
import type { Mapping, Protocol } from '../mapping/mapping.ts';

/** Every IPv4 source. */
export const ANY_SOURCE = '0.0.0.0/0';

/** Packets that the groups drop: from this network, to this port. */
export interface MissingAccess {
  /** `0.0.0.0/0` for every source. */
  readonly cidr: string;
  readonly protocol: Protocol;
  readonly port: number;
}

/** Neutron takes a protocol by its name or by its IANA number. */
const PROTOCOL_NUMBERS: Readonly<Record<Protocol, string>> = { tcp: '6', udp: '17' };
const ANY_PROTOCOL: readonly (string | null)[] = [null, 'any', '0', ''];

/** Gives which packets to the mapping's server port these rules drop; none where port security is disabled. */
export function missingAccess(
  port: Pick<CloudPort, 'hasPortSecurity'>,
  rules: readonly SecurityGroupRule[],
  mapping: Pick<Mapping, 'protocol' | 'server_port' | 'allowed_cidrs'>,
): readonly MissingAccess[] {
  if (!port.hasPortSecurity) return [];
  const { protocol, server_port } = mapping;
  const allowed = rules.filter((rule) => matches(rule, protocol, server_port)).flatMap((rule) => sourceOf(rule) ?? []);
  const sources = mapping.allowed_cidrs.length === 0 ? [ANY_SOURCE] : mapping.allowed_cidrs;
  return sources.filter((cidr) => !isCovered(cidr, allowed)).map((cidr) => ({ cidr, protocol, port: server_port }));
}

/** For people: `tcp 22 from anywhere`. */
export function missingText({ cidr, protocol, port }: MissingAccess): string {
  return `${protocol} ${port} from ${cidr === ANY_SOURCE ? 'anywhere' : cidr}`;
}

function matches(rule: SecurityGroupRule, protocol: Protocol, port: number): boolean {
  if (rule.direction !== 'ingress' || rule.ethertype !== 'IPv4') return false;
  if (ANY_PROTOCOL.includes(rule.protocol)) return true;
  if (rule.protocol?.toLowerCase() !== protocol && rule.protocol !== PROTOCOL_NUMBERS[protocol]) return false;
  return (rule.port_range_min ?? 0) <= port && port <= (rule.port_range_max ?? 65_535);
}

/** Undefined for a rule that allows the members of a group: published packets come from outside. */
function sourceOf(rule: SecurityGroupRule): string | undefined {
  if (rule.remote_group_id !== null || rule.remote_address_group_id !== null) return undefined;
  return rule.remote_ip_prefix ?? ANY_SOURCE;
}
