/**
 * A router's record is all that is stored of one router, and a delta is one change of it. The store writes deltas, the
 * domain decides them; nobody else changes a record.
 */
import type { Endpoint } from './forward.ts';
import type { Mapping } from './mapping.ts';

export interface RouterRecord {
  readonly router_id: string;
  readonly mappings: ReadonlyMap<string, Mapping>;
  /** Where the next automatic port is looked for; 0 before the first. */
  readonly next_port: number;
  /**
   * Endpoints whose change may not have reached the kernel and its connections: written with the change, cleared when
   * it is done. After a crash they say which connections still have to be ended.
   */
  readonly pending: readonly Endpoint[];
  /** The router's gateway addresses when they were last seen; mappings on one that goes follow to its successor. */
  readonly gateways: readonly string[];
  /**
   * Rules of others, by their texts, whose place mappings take: written with the mappings, cleared when the rules are gone.
   * After a crash they say which rules still have to go.
   */
  readonly adopting: readonly string[];
}

export interface Delta {
  readonly put?: readonly Mapping[];
  readonly remove?: readonly string[];
  readonly next_port?: number;
  readonly pending?: readonly Endpoint[];
  readonly gateways?: readonly string[];
  readonly adopting?: readonly string[];
}

export function emptyRecord(router_id: string): RouterRecord {
  return { router_id, mappings: new Map(), next_port: 0, pending: [], gateways: [], adopting: [] };
}

/** Gives the record after the delta; the one given stays as it is. Costs what the router holds. */
export function withDelta(record: RouterRecord, delta: Delta): RouterRecord {
  const mappings = new Map(record.mappings);
  for (const id of delta.remove ?? []) mappings.delete(id);
  for (const mapping of delta.put ?? []) mappings.set(mapping.id, mapping);
  return {
    router_id: record.router_id,
    mappings,
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

/** True for the record of a router that this state directory has never had to do with, or has lost all knowledge of. */
export function knowsNothing({ mappings, next_port, pending }: RouterRecord): boolean {
  return mappings.size === 0 && next_port === 0 && pending.length === 0;
}
