/**
 * The record of a router in the memory of its writer. The cost of a change depends on the size of the change and not of the record, and
 * changes can be taken back. `view` is the record itself, for reading: it changes with the next change.
 */
import type { PublicEndpoint } from '../../../pat/mapping/forward.ts';
import type { Mapping } from '../../../pat/mapping/mapping.ts';
import type { Delta, RouterRecord } from '../../../pat/mapping/record.ts';

export class LiveRecord {
  readonly #mappings: Map<string, Mapping>;
  readonly #view: {
    router_id: string;
    mappings: ReadonlyMap<string, Mapping>;
    next_port: number;
    pending: readonly PublicEndpoint[];
    gateways: readonly string[];
    adopting: readonly string[];
  };
  #seq: number;
  #undo: (() => void)[] = [];

  /** Copies its argument. */
  constructor(record: RouterRecord, seq: number) {
    this.#mappings = new Map(record.mappings);
    this.#view = { ...record, mappings: this.#mappings };
    this.#seq = seq;
  }

  get view(): RouterRecord {
    return this.#view;
  }

  /** The number of the last change. */
  get seq(): number {
    return this.#seq;
  }

  /** Gives a copy, which later changes do not affect. Its cost depends on the size of the record. */
  copy(): RouterRecord {
    return { ...this.#view, mappings: new Map(this.#mappings) };
  }

  /** Makes all changes so far permanent: `rollback` goes back to this point. */
  checkpoint(): void {
    this.#undo = [];
  }

  /** Applies the next change. */
  apply(delta: Delta): void {
    const { next_port, pending, gateways, adopting } = this.#view;
    const seq = this.#seq;
    this.#undo.push(() => {
      Object.assign(this.#view, { next_port, pending, gateways, adopting });
      this.#seq = seq;
    });
    this.#seq += 1;
    for (const id of delta.remove ?? []) this.#put(id, undefined);
    for (const mapping of delta.put ?? []) this.#put(mapping.id, mapping);
    this.#view.next_port = delta.next_port ?? next_port;
    this.#view.pending = delta.pending ?? pending;
    this.#view.gateways = delta.gateways ?? gateways;
    this.#view.adopting = delta.adopting ?? adopting;
  }

  /** Takes back all changes since `checkpoint`. The order of mappings may differ from the one before. */
  rollback(): void {
    for (const step of this.#undo.toReversed()) step();
    this.#undo = [];
  }

  #put(id: string, mapping: Mapping | undefined): void {
    const before = this.#mappings.get(id);
    this.#undo.push(() => this.#set(id, before));
    this.#set(id, mapping);
  }

  #set(id: string, mapping: Mapping | undefined): void {
    if (mapping) this.#mappings.set(id, mapping);
    else this.#mappings.delete(id);
  }
}
