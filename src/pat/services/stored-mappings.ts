/**
 * Stored mappings in their natural order: by router, gateway address, port and protocol. Each is looked at when it is taken, so a page
 * costs as much as it has, wherever it begins.
 */
import type { Mapping } from '../mapping/mapping.ts';
import type { RouterRecord } from '../mapping/record.ts';

export class StoredMappings implements Iterable<Mapping> {
  readonly #records: readonly RouterRecord[];
  /** Why the records of some routers could not be read. */
  readonly failures: readonly Error[];
  /** Gives a mapping as it is shown; undefined where it is left out. */
  readonly #shown: (mapping: Mapping) => Mapping | undefined;

  /** Takes the records in the order of their routers. */
  constructor(
    records: readonly RouterRecord[],
    failures: readonly Error[],
    shown: (mapping: Mapping) => Mapping | undefined,
  ) {
    this.#records = records;
    this.failures = failures;
    this.#shown = shown;
  }

  *[Symbol.iterator](): Generator<Mapping> {
    for (const { mappings } of this.#records) yield* this.#those(mappings.values());
  }

  /** Gives the one with this ID. */
  get(id: string): Mapping | undefined {
    const [mapping] = this.#records.flatMap(({ mappings }) => mappings.get(id) ?? []);
    return mapping && this.#shown(mapping);
  }

  /** Gives those after this one. */
  *after(mapping: Mapping): Generator<Mapping> {
    const index = this.#records.findIndex(({ router_id }) => router_id === mapping.router_id);
    for (const { router_id, mappings } of this.#records.slice(index))
      yield* this.#those(router_id === mapping.router_id ? mappings.after(mapping) : mappings.values());
  }

  *#those(mappings: Iterable<Mapping>): Generator<Mapping> {
    for (const mapping of mappings) {
      const shown = this.#shown(mapping);
      if (shown) yield shown;
    }
  }
}
