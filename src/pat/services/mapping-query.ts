/** Reads stored mappings with their status as of now. Takes no lock and does not read the kernel. */

import type { Clock } from '../../core/clock.ts';
import { type Requester, ROOT } from '../../core/identity/requester.ts';
import { praasError } from '../errors.ts';
import type { Dataplane } from '../interfaces/dataplane.ts';
import type { MappingStore } from '../interfaces/store.ts';
import { type Mapping, relatedIds } from '../mapping/mapping.ts';
import { withCurrentStatus } from '../plan/status.ts';
import type { RouterDirectory } from '../target/router-directory.ts';
import type { MappingFilter } from './api.ts';

interface StoredMappings {
  readonly mappings: readonly Mapping[];
  /** Why the records of some routers could not be read. */
  readonly failures: readonly Error[];
}

export interface MappingQueryParts {
  readonly store: Pick<MappingStore, 'routers' | 'read'>;
  readonly dataplane: Pick<Dataplane, 'routers'>;
  readonly clock: Clock;
  /** Explains why a router is not on this node. Left out on a node without OpenStack. */
  readonly directory?: RouterDirectory | undefined;
}

export class MappingQuery {
  readonly #parts: MappingQueryParts;
  /** The router of each mapping when it was last read. Only a hint, which avoids reading all routers. */
  readonly #lastRouter = new Map<string, string>();

  constructor(parts: MappingQueryParts) {
    this.#parts = parts;
  }

  /**
   * Gives the mappings that match the filter and that the requester sees, by router, gateway address, port and protocol. A
   * record that cannot be read is in `failures`.
   */
  async list(filter: MappingFilter = {}, requester: Requester = ROOT): Promise<StoredMappings> {
    const { store, dataplane, clock } = this.#parts;
    const routerIds = filter.router_id === undefined ? await store.routers() : [filter.router_id];
    const relatedTo = filter.related_to && new Set(filter.related_to);
    const [present, records] = await Promise.all([
      dataplane.routers(),
      Promise.allSettled(routerIds.map((routerId) => store.read(routerId))),
    ]);
    const presentRouters = new Set(present);
    const now = clock.now();
    const mappings = records
      .flatMap((result) => (result.status === 'fulfilled' ? [...result.value.mappings.values()] : []))
      .filter((mapping) => requester.sees(mapping.project_id) && matches(mapping, filter, relatedTo))
      .map((mapping) => this.#asOf(mapping, now, presentRouters.has(mapping.router_id)))
      .filter(({ status }) => filter.status === undefined || filter.status === status)
      .toSorted(byEndpoint);
    for (const { id, router_id } of mappings) this.#lastRouter.set(id, router_id);
    return { mappings, failures: records.flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])) };
  }

  /** Gives one mapping, by its ID or an unambiguous ID prefix. Throws MAPPING_NOT_FOUND, ID_AMBIGUOUS. */
  async get(id: string, requester: Requester = ROOT): Promise<Mapping> {
    const [mapping] = await this.resolve([id], requester);
    if (mapping === undefined) throw praasError('MAPPING_NOT_FOUND', { id });
    return mapping;
  }

  /**
   * Gives the mapping of each ID or unambiguous ID prefix, in that order. A mapping that the requester does not see is not
   * found. Throws MAPPING_NOT_FOUND, ID_AMBIGUOUS.
   */
  async resolve(ids: readonly string[], requester: Requester = ROOT): Promise<Mapping[]> {
    const hinted = await this.#atLastRouters(ids);
    if (hinted.every((mapping) => mapping !== undefined && requester.sees(mapping.project_id)))
      return hinted as Mapping[];
    const { mappings, failures } = await this.list({}, requester);
    const byId = new Map(mappings.map((mapping) => [mapping.id, mapping]));
    return ids.map((id) => {
      const exact = byId.get(id);
      const candidates = exact
        ? [exact]
        : mappings.filter((mapping) => id !== '' && mapping.id.startsWith(id.toLowerCase()));
      const [mapping] = candidates;
      if (mapping === undefined) throw failures[0] ?? praasError('MAPPING_NOT_FOUND', { id });
      if (candidates.length > 1) throw praasError('ID_AMBIGUOUS', { id, ids: candidates.map((each) => each.id) });
      return mapping;
    });
  }

  /** Gives the mapping of each full ID whose router is still the last known one. Reads each router once. */
  async #atLastRouters(ids: readonly string[]): Promise<(Mapping | undefined)[]> {
    const { store, dataplane, clock } = this.#parts;
    const routerIds = [...new Set(ids.flatMap((id) => this.#lastRouter.get(id) ?? []))];
    if (routerIds.length === 0) return ids.map(() => undefined);
    const [present, ...records] = await Promise.all([
      dataplane.routers(),
      ...routerIds.map((routerId) => store.read(routerId).catch(() => undefined)),
    ]);
    const byRouter = new Map(routerIds.map((routerId, index) => [routerId, records[index]]));
    const presentRouters = new Set(present);
    const now = clock.now();
    return ids.map((id) => {
      const routerId = this.#lastRouter.get(id) ?? '';
      const mapping = byRouter.get(routerId)?.mappings.get(id);
      if (mapping) return this.#asOf(mapping, now, presentRouters.has(routerId));
      this.#lastRouter.delete(id);
      return undefined;
    });
  }

  #asOf(mapping: Mapping, now: Date, isPresent: boolean): Mapping {
    const { directory } = this.#parts;
    const { router_id } = mapping;
    const reasons = { absent: directory?.whyAbsent(router_id), noGateway: directory?.whyNoGateway(router_id) };
    return withCurrentStatus(mapping, now, isPresent, reasons);
  }
}

/** Everything but the status, which depends on the time. */
function matches(mapping: Mapping, { server_ip }: MappingFilter, relatedTo: ReadonlySet<string> | undefined): boolean {
  if (server_ip !== undefined && mapping.server_ip !== server_ip) return false;
  return relatedTo === undefined || relatedIds(mapping).some((id) => relatedTo.has(id));
}

function byEndpoint(a: Mapping, b: Mapping): number {
  return (
    compareText(a.router_id, b.router_id) ||
    compareText(a.gateway_ip, b.gateway_ip) ||
    a.router_port - b.router_port ||
    compareText(a.protocol, b.protocol)
  );
}

/** By code points: the order does not depend on the locale, and is a hundred times faster than localeCompare. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
