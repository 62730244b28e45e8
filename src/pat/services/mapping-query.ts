/** Reads stored mappings with their status as of now. Takes no lock and does not read the kernel. */

import type { Clock } from '../../core/clock.ts';
import type { Requester } from '../../core/identity/requester.ts';
import { praasError } from '../errors.ts';
import type { Dataplane } from '../interfaces/dataplane.ts';
import type { MappingStore } from '../interfaces/store.ts';
import { type Mapping, relatedIds } from '../mapping/mapping.ts';
import type { RouterRecord } from '../mapping/record.ts';
import { withCurrentStatus } from '../plan/status.ts';
import type { RouterDirectory } from '../target/router-directory.ts';
import type { MappingFilter } from './api.ts';
import { StoredMappings } from './stored-mappings.ts';

export interface MappingQueryParts {
  readonly store: Pick<MappingStore, 'routers' | 'read'>;
  readonly dataplane: Pick<Dataplane, 'routers'>;
  readonly clock: Clock;
  /** Explains why a router is not on this node. Left out on a node without OpenStack. */
  readonly directory?: RouterDirectory | undefined;
}

export class MappingQuery {
  readonly #parts: MappingQueryParts;

  constructor(parts: MappingQueryParts) {
    this.#parts = parts;
  }

  /** Gives the mappings that match the filter and that the requester sees. A record that cannot be read is in `failures`. */
  async list(filter: MappingFilter, requester: Requester): Promise<StoredMappings> {
    const { records, failures, asOf } = await this.#read(filter.router_id);
    const relatedTo = filter.related_to && new Set(filter.related_to);
    const isMeant = (mapping: Mapping): boolean =>
      requester.sees(mapping.project_id) && matches(mapping, filter, relatedTo);
    const isShown = ({ status }: Mapping): boolean => filter.status === undefined || filter.status === status;
    return new StoredMappings(records, failures, (mapping) => {
      const shown = isMeant(mapping) ? asOf(mapping) : undefined;
      return shown && isShown(shown) ? shown : undefined;
    });
  }

  /** Gives one mapping, by its ID or an unambiguous ID prefix. Throws MAPPING_NOT_FOUND, ID_AMBIGUOUS. */
  async get(id: string, requester: Requester): Promise<Mapping> {
    const [mapping] = await this.resolve([id], requester);
    if (mapping === undefined) throw praasError('MAPPING_NOT_FOUND', { id });
    return mapping;
  }

  /**
   * Gives the mapping of each ID or unambiguous ID prefix, in that order. A mapping that the requester does not see is not
   * found. Throws MAPPING_NOT_FOUND, ID_AMBIGUOUS.
   */
  async resolve(ids: readonly string[], requester: Requester): Promise<Mapping[]> {
    const { records, failures, asOf } = await this.#read();
    const seen = (mappings: Iterable<Mapping>): Mapping[] =>
      [...mappings].filter(({ project_id }) => requester.sees(project_id));
    return ids.map((id) => {
      const exact = seen(records.flatMap(({ mappings }) => mappings.get(id) ?? []));
      const prefix = id.toLowerCase();
      const candidates =
        exact.length > 0 || id === '' ? exact : records.flatMap(({ mappings }) => seen(mappings.startingWith(prefix)));
      const [mapping] = candidates;
      if (mapping === undefined) throw failures[0] ?? praasError('MAPPING_NOT_FOUND', { id });
      if (candidates.length > 1) throw praasError('ID_AMBIGUOUS', { id, ids: candidates.map((each) => each.id) });
      return asOf(mapping);
    });
  }

  /** Reads the records of a router, or of all, in the order of their IDs; and gives what shows a mapping with its status as of now. */
  async #read(routerId?: string): Promise<{
    readonly records: readonly RouterRecord[];
    readonly failures: readonly Error[];
    readonly asOf: (mapping: Mapping) => Mapping;
  }> {
    const { store, dataplane, clock } = this.#parts;
    const routerIds = routerId === undefined ? await store.routers() : [routerId];
    const [present, results] = await Promise.all([
      dataplane.routers(),
      Promise.allSettled(routerIds.map((each) => store.read(each))),
    ]);
    const presentRouters = new Set(present);
    const now = clock.now();
    return {
      records: results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
      failures: results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])),
      asOf: (mapping) => this.#asOf(mapping, now, presentRouters.has(mapping.router_id)),
    };
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
