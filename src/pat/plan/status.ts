/** What became of a mapping, as people are told. Pure. */
import { isExpired } from '../../core/values/time.ts';
import { type Mapping, type Status } from '../mapping/mapping.ts';
import type { Delta, RouterRecord } from '../mapping/record.ts';
import type { RouterFacts } from '../router/facts.ts';

export interface StatusFields {
  readonly status: Status;
  readonly status_reason: string;
}

const NOT_HERE = 'the router is not on this node';
const NO_GATEWAY = 'the router has no gateway address';

/** The status of a mapping once the kernel is as it should be. `facts` are undefined when the router is not on this node. */
export function settledStatus(mapping: Mapping, facts: RouterFacts | undefined, now: Date): StatusFields {
  const unwanted = unwantedStatus(mapping, now);
  if (unwanted !== undefined) return unwanted;
  if (facts === undefined) return down(NOT_HERE);
  if (facts.standsBy) return down('the router stands by on this node: its gateway address is on another one');
  if (facts.gateways.length === 0) return down(NO_GATEWAY);
  if (!facts.addresses.includes(mapping.gateway_ip)) {
    return down(`${mapping.gateway_ip} is not an address of the router now; it has ${facts.gateways.join(', ')}`);
  }
  if (mapping.hold) return down(mapping.hold.reason);
  return { status: 'ACTIVE', status_reason: '' };
}

/** What is known of a router's state beyond the node. */
export interface KnownReasons {
  /** Why it is not on this node. */
  readonly absent?: string | undefined;
  /** Why it has no gateway address on it. */
  readonly noGateway?: string | undefined;
}

/**
 * The stored mapping as it is at `now`: time passes and routers go away without anybody writing it down. `known` says more
 * than the node can see.
 */
export function asOf(mapping: Mapping, now: Date, isRouterHere: boolean, known: KnownReasons = {}): Mapping {
  const unwanted = unwantedStatus(mapping, now);
  if (unwanted !== undefined) return { ...mapping, ...unwanted };
  if (!isRouterHere) return { ...mapping, ...down(known.absent ?? NOT_HERE) };
  const { noGateway } = known;
  return mapping.status_reason === NO_GATEWAY && noGateway ? { ...mapping, status_reason: noGateway } : mapping;
}

/** What is to be noted of these mappings when their router is not here. */
export function absentDelta(record: RouterRecord, ids: readonly string[], now: Date): Delta {
  const mappings = ids.flatMap((id) => record.mappings.get(id) ?? []);
  const put = mappings.map((mapping) => ({ ...mapping, ...settledStatus(mapping, undefined, now) }));
  // With the namespace its rules and connections are gone, so nothing is left to settle.
  return { put, unsettled: [], ...(record.adopting.length > 0 && { adopting: [] }) };
}

function unwantedStatus(mapping: Mapping, now: Date): StatusFields | undefined {
  if (!mapping.enabled) return down('disabled');
  if (isExpired(mapping, now)) return down(`expired at ${mapping.expires_at}`);
  return undefined;
}

function down(status_reason: string): StatusFields {
  return { status: 'DOWN', status_reason };
}
