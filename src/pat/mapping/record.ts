/**
 * The record of a router is everything that is stored for it, and a delta is one change of the record. The rooms of pat/
 * decide deltas and the store writes them: a delta gives a new record, and a record itself never changes. Both are stored documents.
 */
import type { PublicEndpoint } from './forward.ts';
import type { Mapping } from './mapping.ts';
import { Mappings } from './mappings.ts';

export interface RouterRecord {
  readonly router_id: string;
  readonly mappings: Mappings;
  /** The port at which the search for the next free port starts; 0 before the first one. */
  readonly next_port: number;
  /**
   * Endpoints whose change may not yet be applied to the kernel and its connections: written with the change, cleared when
   * it is applied. After a crash they say which connections must still be ended.
   */
  readonly pending: readonly PublicEndpoint[];
  /** The last observed gateway addresses of the router; mappings on one that disappears move to its successor. */
  readonly gateways: readonly string[];
  /**
   * Unmanaged rules, by their texts, that mappings replace: written with the mappings, cleared when the rules are removed.
   * After a crash they say which rules must still be removed.
   */
  readonly adopting: readonly string[];
}

export interface Delta {
  readonly put?: readonly Mapping[];
  readonly remove?: readonly string[];
  readonly next_port?: number;
  readonly pending?: readonly PublicEndpoint[];
  readonly gateways?: readonly string[];
  readonly adopting?: readonly string[];
}

export function emptyRecord(routerId: string): RouterRecord {
  return { router_id: routerId, mappings: Mappings.NONE, next_port: 0, pending: [], gateways: [], adopting: [] };
}

/** Gives the record after the delta and leaves the given one unchanged. Costs as much as the delta changes. */
export function withDelta(record: RouterRecord, delta: Delta): RouterRecord {
  return {
    router_id: record.router_id,
    mappings: record.mappings.changed(delta),
    next_port: delta.next_port ?? record.next_port,
    pending: delta.pending ?? record.pending,
    gateways: delta.gateways ?? record.gateways,
    adopting: delta.adopting ?? record.adopting,
  };
}

/** True when the delta changes nothing. */
export function isEmptyDelta(delta: Delta): boolean {
  return (
    !delta.put?.length &&
    !delta.remove?.length &&
    delta.next_port === undefined &&
    delta.pending === undefined &&
    delta.gateways === undefined &&
    delta.adopting === undefined
  );
}

/**
 * True when the delta publishes nothing and stores nothing new: it deletes, disables or suspends mappings, or records their status. Such a
 * change must work on a full disk.
 */
export function opensNothing({ mappings }: RouterRecord, { put = [], next_port }: Delta): boolean {
  if (next_port !== undefined) return false;
  return put.every((after) => {
    const before = mappings.get(after.id);
    return before !== undefined && (isClosed(before, after) || isSameButStatus(before, after));
  });
}

function isClosed(before: Mapping, after: Mapping): boolean {
  const isSuspended = ({ suspension }: Mapping): boolean => suspension?.rules_removed === true;
  return (before.enabled && !after.enabled) || (!isSuspended(before) && isSuspended(after));
}

function isSameButStatus(before: Mapping, after: Mapping): boolean {
  const { status, status_code, status_reason, updated_at } = before;
  return JSON.stringify({ ...after, status, status_code, status_reason, updated_at }) === JSON.stringify(before);
}

/** True when the state directory has never had a mapping of this router, or has lost its record. */
export function hasNoHistory({ mappings, next_port, pending }: RouterRecord): boolean {
  return mappings.size === 0 && next_port === 0 && pending.length === 0;
}
