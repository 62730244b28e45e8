/** The status of a mapping, derived from the mapping, the facts of its router and the time. Pure. */

import { isExpired } from '../../core/values/time.ts';
import { type Mapping, PENDING, type StatusFields } from '../mapping/mapping.ts';
import { type Reason, reason, reasonText } from '../mapping/reasons.ts';
import type { Delta, RouterRecord } from '../mapping/record.ts';
import type { RouterFacts } from '../router/facts.ts';

const ACTIVE: StatusFields = { status: 'ACTIVE', status_code: null, status_reason: '' };

/** Gives the status after a successful reconcile; `facts` are undefined when the router is not on this node. */
export function statusOf(mapping: Mapping, facts: RouterFacts | undefined, now: Date): StatusFields {
  const unpublished = unpublishedStatus(mapping, now);
  if (unpublished !== undefined) return unpublished;
  if (facts === undefined) return down(reason('ROUTER_ABSENT'));
  if (facts.isStandby) return down(reason('ROUTER_STANDBY'));
  if (facts.gateways.length === 0) return down(reason('NO_GATEWAY_ADDRESS'));
  if (!facts.addresses.includes(mapping.gateway_ip)) {
    const { gateway_ip } = mapping;
    return down(reason('GATEWAY_ADDRESS_GONE', { gateway_ip, gateway_ips: facts.gateways }));
  }
  if (mapping.suspension) return down(mapping.suspension.reason);
  return ACTIVE;
}

/** True when the status does not have to be stored again. */
export function isSameStatus(one: StatusFields, other: StatusFields): boolean {
  return (
    one.status === other.status && one.status_code === other.status_code && one.status_reason === other.status_reason
  );
}

/** Why a router cannot serve mappings, according to Neutron. */
interface RouterReasons {
  /** Why it is not on this node. */
  readonly absent?: Reason | undefined;
  /** Why it has no gateway address on it. */
  readonly noGateway?: Reason | undefined;
}

/**
 * Gives the stored mapping with its status at `now`, because a mapping expires and a router disappears without a write to the
 * store. `reasons` replace the ones that the node can find out by itself.
 */
export function withCurrentStatus(
  mapping: Mapping,
  now: Date,
  isRouterPresent: boolean,
  reasons: RouterReasons = {},
): Mapping {
  const unpublished = unpublishedStatus(mapping, now);
  if (unpublished !== undefined) {
    const isClosed = !isRouterPresent || mapping.status === 'DOWN';
    return { ...mapping, ...(isClosed ? unpublished : stillOpenStatus(mapping, now)) };
  }
  if (!isRouterPresent) return { ...mapping, ...down(reasons.absent ?? reason('ROUTER_ABSENT')) };
  const { noGateway } = reasons;
  return mapping.status_code === 'NO_GATEWAY_ADDRESS' && noGateway ? { ...mapping, ...down(noGateway) } : mapping;
}

/** Gives the new status of these mappings when their router is not on this node. */
export function absentDelta(record: RouterRecord, ids: readonly string[], now: Date): Delta {
  const mappings = ids.flatMap((id) => record.mappings.get(id) ?? []);
  const put = mappings.map((mapping) => ({ ...mapping, ...statusOf(mapping, undefined, now) }));
  // The rules and connections were removed with the namespace, so nothing is pending.
  return { put, pending: [], ...(record.adopting.length > 0 && { adopting: [] }) };
}

/** Undefined when the mapping is neither disabled nor expired. */
function unpublishedStatus(mapping: Mapping, now: Date): StatusFields | undefined {
  if (!mapping.enabled) return down(reason('DISABLED'));
  const { expires_at } = mapping;
  if (expires_at !== null && isExpired(mapping, now)) return down(reason('EXPIRED', { expires_at }));
  return undefined;
}

/** Until a reconcile has recorded that the rules are removed, the port may be open, and the status is not DOWN. */
function stillOpenStatus({ expires_at, enabled }: Mapping, now: Date): StatusFields {
  if (!enabled || expires_at === null || !isExpired({ expires_at }, now)) return PENDING;
  const why = reason('EXPIRY_PENDING', { expires_at });
  return { ...PENDING, status_code: why.code, status_reason: reasonText(why) };
}

function down(why: Reason): StatusFields {
  return { status: 'DOWN', status_code: why.code, status_reason: reasonText(why) };
}
