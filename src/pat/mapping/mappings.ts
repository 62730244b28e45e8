/**
 * The mappings of one router with the orders in which they are looked for, so that no question about one mapping walks over all of
 * them. They never change: a change gives new ones, at the cost of the change.
 */
import { type Compare, SortedList } from '../../core/sorted-list.ts';
import type { Mapping, Protocol } from './mapping.ts';

type Endpoint = Pick<Mapping, 'id' | 'gateway_ip' | 'router_port' | 'protocol'>;
type ServerPort = Pick<Mapping, 'server_ip' | 'server_port'>;
type Target = Pick<Mapping, 'id'> & ServerPort;

/** A change: first what is removed, then what is put. */
interface MappingsChange {
  readonly put?: readonly Mapping[];
  readonly remove?: readonly string[];
}

const BY_ID: Compare<Pick<Mapping, 'id'>> = (a, b) => compareText(a.id, b.id);
/** The order of lists. The ID is last, because nothing here depends on endpoints being used once. */
const BY_ENDPOINT: Compare<Endpoint> = (a, b) =>
  compareText(a.gateway_ip, b.gateway_ip) ||
  a.router_port - b.router_port ||
  compareText(a.protocol, b.protocol) ||
  BY_ID(a, b);
const BY_PORT: Compare<Endpoint> = (a, b) => a.router_port - b.router_port || BY_ENDPOINT(a, b);
const BY_SERVER: Compare<Target> = (a, b) => compareServer(a, b) || BY_ID(a, b);

export class Mappings {
  static readonly NONE = Mappings.of([]);

  readonly #byId: SortedList<Pick<Mapping, 'id'>, Mapping>;
  readonly #byEndpoint: SortedList<Endpoint, Mapping>;
  readonly #byPort: SortedList<Endpoint, Mapping>;
  readonly #byServer: SortedList<Target, Mapping>;

  private constructor(
    byId: SortedList<Pick<Mapping, 'id'>, Mapping>,
    byEndpoint: SortedList<Endpoint, Mapping>,
    byPort: SortedList<Endpoint, Mapping>,
    byServer: SortedList<Target, Mapping>,
  ) {
    this.#byId = byId;
    this.#byEndpoint = byEndpoint;
    this.#byPort = byPort;
    this.#byServer = byServer;
  }

  /** Of mappings with the same ID, takes the last one. */
  static of(mappings: Iterable<Mapping>): Mappings {
    const byId = SortedList.of<Pick<Mapping, 'id'>, Mapping>(BY_ID, mappings);
    const all = [...byId];
    return new Mappings(
      byId,
      SortedList.of(BY_ENDPOINT, all),
      SortedList.of(BY_PORT, all),
      SortedList.of(BY_SERVER, all),
    );
  }

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): Mapping | undefined {
    return this.#byId.get({ id });
  }

  has(id: string): boolean {
    return this.get(id) !== undefined;
  }

  /** The IDs, in their order. */
  *keys(): Generator<string> {
    for (const { id } of this.#byId) yield id;
  }

  /** In the order of lists: by gateway address, port and protocol. */
  values(): Iterable<Mapping> {
    return this.#byEndpoint;
  }

  /** Gives those after this one, in the order of lists. */
  after(mapping: Mapping): Iterable<Mapping> {
    return this.#byEndpoint.from((each) => BY_ENDPOINT(each, mapping) <= 0);
  }

  /** Gives those whose ID begins with this, in the order of their IDs. */
  startingWith(prefix: string): Iterable<Mapping> {
    return takeWhile(
      this.#byId.from(({ id }) => id < prefix),
      ({ id }) => id.startsWith(prefix),
    );
  }

  /** Gives those with this router port, on any gateway address and with any protocol. */
  atPort(port: number): Iterable<Mapping> {
    return takeWhile(
      this.#byPort.from(({ router_port }) => router_port < port),
      ({ router_port }) => router_port === port,
    );
  }

  /** True when one has this router port, on any gateway address and with any protocol. */
  usesPort(port: number): boolean {
    return this.atPort(port)[Symbol.iterator]().next().done !== true;
  }

  /** Gives those at exactly this endpoint; two mappings never share one in force. */
  at({ protocol, gateway_ip, router_port }: Omit<Endpoint, 'id'>): Mapping[] {
    const isThere = (each: { readonly protocol: Protocol; readonly gateway_ip: string }): boolean =>
      each.protocol === protocol && each.gateway_ip === gateway_ip;
    return [...this.atPort(router_port)].filter(isThere);
  }

  /** Gives those that forward to this port of this server. */
  to(server: ServerPort): Iterable<Mapping> {
    return takeWhile(
      this.#byServer.from((each) => compareServer(each, server) < 0),
      (each) => compareServer(each, server) === 0,
    );
  }

  /** Gives the mappings after the change, and leaves these as they are. */
  changed({ put = [], remove = [] }: MappingsChange): Mappings {
    const added = [...new Map(put.map((mapping) => [mapping.id, mapping])).values()];
    const ids = new Set([...remove, ...added.map(({ id }) => id)]);
    const removed = [...ids].flatMap((id) => this.get(id) ?? []);
    if (removed.length + added.length === 0) return this;
    return new Mappings(
      this.#byId.changed(removed, added),
      this.#byEndpoint.changed(removed, added),
      this.#byPort.changed(removed, added),
      this.#byServer.changed(removed, added),
    );
  }

  /** Gives the mappings that were in `before` and are not here, and those that are new here; one that changed is in both. */
  since(before: Mappings): { readonly removed: readonly Mapping[]; readonly added: readonly Mapping[] } {
    return this.#byId.since(before.#byId);
  }

  /** By ID, as a Map. */
  *[Symbol.iterator](): Generator<readonly [string, Mapping]> {
    for (const mapping of this.#byId) yield [mapping.id, mapping];
  }
}

function compareServer(a: ServerPort, b: ServerPort): number {
  return compareText(a.server_ip, b.server_ip) || a.server_port - b.server_port;
}

/** By code points: the order does not depend on the locale, and is a hundred times faster than localeCompare. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function* takeWhile<T>(entries: Iterable<T>, isTaken: (entry: T) => boolean): Generator<T> {
  for (const entry of entries) {
    if (!isTaken(entry)) return;
    yield entry;
  }
}
