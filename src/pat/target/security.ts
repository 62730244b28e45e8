/**
 * What a server's security groups let in (Neutron: whatever no ingress rule of any of its groups allows is dropped without
 * a word). Pure.
 */
import { cidrContains } from '../../core/values/ipv4.ts';
import type { CloudPort, SecurityGroupRule } from '../interfaces/cloud.ts';
import type { Mapping, Protocol } from '../mapping/mapping.ts';

/** Packets that would be dropped: from this network, to this port. */
export interface MissingAccess {
  /** `0.0.0.0/0` for everybody. */
  readonly cidr: string;
  readonly protocol: Protocol;
  readonly port: number;
}

const EVERYBODY = '0.0.0.0/0';
/** Neutron takes a protocol by its name or by its number (IANA). */
const NUMBERS: Readonly<Record<Protocol, string>> = { tcp: '6', udp: '17' };
const ANY_PROTOCOL: readonly (string | null)[] = [null, 'any', '0', ''];

/** What of the mapping's callers the port's groups would drop; nothing when the port is not secured at all. */
export function missingAccess(
  port: Pick<CloudPort, 'hasPortSecurity'>,
  rules: readonly SecurityGroupRule[],
  wanted: Pick<Mapping, 'protocol' | 'server_port' | 'allowed_cidrs'>,
): readonly MissingAccess[] {
  if (!port.hasPortSecurity) return [];
  const { protocol, server_port } = wanted;
  const open = rules.filter((rule) => fits(rule, protocol, server_port)).map(prefixOf);
  const callers = wanted.allowed_cidrs.length === 0 ? [EVERYBODY] : wanted.allowed_cidrs;
  return callers
    .filter(
      (cidr) =>
        !isCovered(
          cidr,
          open.flatMap((prefix) => prefix ?? []),
        ),
    )
    .map((cidr) => ({ cidr, protocol, port: server_port }));
}

/** As people say it. */
export function missingText({ cidr, protocol, port }: MissingAccess): string {
  return `${protocol} ${port} from ${cidr === EVERYBODY ? 'anywhere' : cidr}`;
}

function fits(rule: SecurityGroupRule, protocol: Protocol, port: number): boolean {
  if (rule.direction !== 'ingress' || rule.ethertype !== 'IPv4') return false;
  if (ANY_PROTOCOL.includes(rule.protocol)) return true;
  if (rule.protocol?.toLowerCase() !== protocol && rule.protocol !== NUMBERS[protocol]) return false;
  return (rule.port_range_min ?? 0) <= port && port <= (rule.port_range_max ?? 65_535);
}

/** The network that a rule lets in; undefined for one that is about members of a group, who do not come from outside. */
function prefixOf(rule: SecurityGroupRule): string | undefined {
  if (rule.remote_group_id !== null || rule.remote_address_group_id !== null) return undefined;
  return rule.remote_ip_prefix ?? EVERYBODY;
}

/** True when the networks together contain all of `cidr`. */
function isCovered(cidr: string, networks: readonly string[]): boolean {
  if (networks.some((network) => isWithin(network, cidr))) return true;
  const inside = networks.filter((network) => isWithin(cidr, network));
  const halves = inside.length < 2 ? undefined : halvesOf(cidr);
  return halves?.every((half) => isCovered(half, inside)) ?? false;
}

function isWithin(network: string, cidr: string): boolean {
  return prefixLength(network) <= prefixLength(cidr) && cidrContains(network, cidr.split('/')[0] ?? '');
}

function prefixLength(cidr: string): number {
  return Number(cidr.split('/')[1] ?? 32);
}

/** Both halves of a network; undefined for a single address. */
function halvesOf(cidr: string): readonly [string, string] | undefined {
  const length = prefixLength(cidr);
  if (length >= 32) return undefined;
  const parts = (cidr.split('/')[0] ?? '').split('.').map(Number);
  const place = Math.floor(length / 8);
  const upper = parts.map((part, index) => (index === place ? part + 2 ** (7 - (length % 8)) : part));
  return [`${parts.join('.')}/${length + 1}`, `${upper.join('.')}/${length + 1}`];
}
