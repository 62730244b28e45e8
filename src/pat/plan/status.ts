/** What became of a mapping, as people are told. Pure. */

import { isExpired } from '../../core/values/time.ts';
import { type Mapping, type Status } from '../mapping/mapping.ts';
import { type Reason, type ReasonCode, reason, reasonText } from '../mapping/reasons.ts';
import type { Delta, RouterRecord } from '../mapping/record.ts';
import type { RouterFacts } from '../router/facts.ts';

export interface StatusFields {
  readonly status: Status;
  readonly status_code: ReasonCode | null;
  readonly status_reason: string;
}

export const PENDING: StatusFields = { status: 'PENDING', status_code: null, status_reason: '' };
const ACTIVE: StatusFields = { status: 'ACTIVE', status_code: null, status_reason: '' };

/** The status of a mapping once the kernel is as it should be. `facts` are undefined when the router is not on this node. */
export function statusOf(mapping: Mapping, facts: RouterFacts | undefined, now: Date): StatusFields {
  const unwanted = unwantedStatus(mapping, now);
  if (unwanted !== undefined) return unwanted;
  if (facts === undefined) return down(reason('ROUTER_ABSENT'));
  if (facts.standsBy) return down(reason('ROUTER_STANDBY'));
  if (facts.gateways.length === 0) return down(reason('NO_GATEWAY_ADDRESS'));
  if (!facts.addresses.includes(mapping.gateway_ip)) {
    const { gateway_ip } = mapping;
    return down(reason('GATEWAY_ADDRESS_GONE', { gateway_ip, gateway_ips: facts.gateways }));
  }
  if (mapping.suspension) return down(mapping.suspension.reason);
  return ACTIVE;
}

/** True when there is nothing to write down. */
export function isSameStatus(one: StatusFields, other: StatusFields): boolean {
  return (
    one.status === other.status && one.status_code === other.status_code && one.status_reason === other.status_reason
  );
}

/** What is known of a router's state beyond the node. */
export interface RouterReasons {
  /** Why it is not on this node. */
  readonly absent?: Reason | undefined;
  /** Why it has no gateway address on it. */
  readonly noGateway?: Reason | undefined;
}

/**
 * The stored mapping as it is at `now`: time passes and routers go away without anybody writing it down. `known` says more
 * than the node can see.
 */
export function asOf(mapping: Mapping, now: Date, isRouterHere: boolean, known: RouterReasons = {}): Mapping {
  const unwanted = unwantedStatus(mapping, now);
  if (unwanted !== undefined) return { ...mapping, ...unwanted };
  if (!isRouterHere) return { ...mapping, ...down(known.absent ?? reason('ROUTER_ABSENT')) };
  const { noGateway } = known;
  return mapping.status_code === 'NO_GATEWAY_ADDRESS' && noGateway ? { ...mapping, ...down(noGateway) } : mapping;
}

/** What is to be noted of these mappings when their router is not here. */
export function absentDelta(record: RouterRecord, ids: readonly string[], now: Date): Delta {
  const mappings = ids.flatMap((id) => record.mappings.get(id) ?? []);
  const put = mappings.map((mapping) => ({ ...mapping, ...statusOf(mapping, undefined, now) }));
  // With the namespace its rules and connections are gone, so nothing is left to settle.
  return { put, pending: [], ...(record.adopting.length > 0 && { adopting: [] }) };
}

function unwantedStatus(mapping: Mapping, now: Date): StatusFields | undefined {
  if (!mapping.enabled) return down(reason('DISABLED'));
  const { expires_at } = mapping;
  if (expires_at !== null && isExpired(mapping, now)) return down(reason('EXPIRED', { expires_at }));
  return undefined;
}

function down(why: Reason): StatusFields {
  return { status: 'DOWN', status_code: why.code, status_reason: reasonText(why) };
}
