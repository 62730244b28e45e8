/** Reading mappings: what is stored, as it is at this moment. Takes no lock and asks the kernel nothing. */

import type { Clock } from '../../core/clock.ts';
import { type Requester, ROOT } from '../../core/identity/requester.ts';
import { praasError } from '../errors.ts';
import type { Dataplane } from '../interfaces/dataplane.ts';
import type { MappingStore } from '../interfaces/store.ts';
import { type Mapping, relatedIds } from '../mapping/mapping.ts';
import { withCurrentStatus } from '../plan/status.ts';
import type { RouterDirectory } from '../target/router-directory.ts';
import type { MappingFilter } from './api.ts';

/** Stored mappings, and why those of some routers could not be read. */
export interface Found {
  readonly mappings: readonly Mapping[];
  readonly failures: readonly Error[];
}

export interface MappingQueryParts {
  readonly store: Pick<MappingStore, 'routers' | 'read'>;
  readonly dataplane: Pick<Dataplane, 'routers'>;
  readonly clock: Clock;
  /** Knows more of routers that are not here. */
  readonly directory?: RouterDirectory | undefined;
}

export class MappingQuery {
  readonly #parts: MappingQueryParts;
  /** Where a mapping was seen last: only a hint, which saves reading all routers. */
  readonly #places = new Map<string, string>();

  constructor(parts: MappingQueryParts) {
    this.#parts = parts;
  }

  /**
   * Mappings that fit the filter and that the requester sees, by router, gateway, port and protocol. A record that cannot be
   * read is a failure beside them.
   */
  async list(filter: MappingFilter = {}, requester: Requester = ROOT): Promise<Found> {
    const { store, dataplane, clock } = this.#parts;
    const routerIds = filter.router_id === undefined ? await store.routers() : [filter.router_id];
    const [present, records] = await Promise.all([
      dataplane.routers(),
      Promise.allSettled(routerIds.map((router_id) => store.read(router_id))),
    ]);
    const here = new Set(present);
    const now = clock.now();
    const mappings = records
      .flatMap((result) => (result.status === 'fulfilled' ? [...result.value.mappings.values()] : []))
      .filter((mapping) => requester.sees(mapping.project_id) && concerns(mapping, filter))
      .map((mapping) => this.#asOf(mapping, now, here.has(mapping.router_id)))
      .filter(({ status }) => filter.status === undefined || filter.status === status)
      .toSorted(byPlace);
    for (const { id, router_id } of mappings) this.#places.set(id, router_id);
    return { mappings, failures: records.flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])) };
  }

  /** One mapping, by its whole ID or an unambiguous beginning. Throws MAPPING_NOT_FOUND, ID_AMBIGUOUS. */
  async get(id: string, requester: Requester = ROOT): Promise<Mapping> {
    const [mapping] = await this.resolve([id], requester);
    if (mapping === undefined) throw praasError('MAPPING_NOT_FOUND', { id });
    return mapping;
  }

  /**
   * The mapping of each ID or unambiguous beginning, in that order; what the requester does not see is not there.
   * Throws MAPPING_NOT_FOUND, ID_AMBIGUOUS.
   */
  async resolve(ids: readonly string[], requester: Requester = ROOT): Promise<Mapping[]> {
    const known = await this.#known(ids);
    if (known.every((mapping) => mapping !== undefined && requester.sees(mapping.project_id)))
      return known as Mapping[];
    const { mappings, failures } = await this.list({}, requester);
    const byId = new Map(mappings.map((mapping) => [mapping.id, mapping]));
    return ids.map((id) => {
      const whole = byId.get(id);
      const matches = whole
        ? [whole]
        : mappings.filter((mapping) => id !== '' && mapping.id.startsWith(id.toLowerCase()));
      const [mapping] = matches;
      if (mapping === undefined) throw failures[0] ?? praasError('MAPPING_NOT_FOUND', { id });
      if (matches.length > 1) throw praasError('ID_AMBIGUOUS', { id, ids: matches.map((match) => match.id) });
      return mapping;
    });
  }

  /** The mapping of each whole ID that is where it was seen last. Reads each router once, however many are asked for. */
  async #known(ids: readonly string[]): Promise<(Mapping | undefined)[]> {
    const { store, dataplane, clock } = this.#parts;
    const routerIds = [...new Set(ids.flatMap((id) => this.#places.get(id) ?? []))];
    if (routerIds.length === 0) return ids.map(() => undefined);
    const [present, ...records] = await Promise.all([
      dataplane.routers(),
      ...routerIds.map((router_id) => store.read(router_id).catch(() => undefined)),
    ]);
    const byRouter = new Map(routerIds.map((router_id, index) => [router_id, records[index]]));
    const here = new Set(present);
    const now = clock.now();
    return ids.map((id) => {
      const router_id = this.#places.get(id) ?? '';
      const mapping = byRouter.get(router_id)?.mappings.get(id);
      if (mapping) return this.#asOf(mapping, now, here.has(router_id));
      this.#places.delete(id);
      return undefined;
    });
  }

  #asOf(mapping: Mapping, now: Date, isHere: boolean): Mapping {
    const { directory: book } = this.#parts;
    const reasons = { absent: book?.whyAbsent(mapping.router_id), noGateway: book?.whyNoGateway(mapping.router_id) };
    return withCurrentStatus(mapping, now, isHere, reasons);
  }
}

/** By what does not change with the time. */
function concerns(mapping: Mapping, { server_ip, related_to }: MappingFilter): boolean {
  if (server_ip !== undefined && mapping.server_ip !== server_ip) return false;
  return related_to === undefined || relatedIds(mapping).some((id) => related_to.includes(id));
}

function byPlace(a: Mapping, b: Mapping): number {
  return (
    compareText(a.router_id, b.router_id) ||
    compareText(a.gateway_ip, b.gateway_ip) ||
    a.router_port - b.router_port ||
    compareText(a.protocol, b.protocol)
  );
}

/** By code points: an order that is the same everywhere, and a hundred times faster than a language's own. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
