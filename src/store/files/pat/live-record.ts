/**
 * A router's record in the memory of its writer. A change costs what the change holds, not what the router holds, and can
 * be taken back. What is handed out is this very record, to be looked at: it changes with the next change.
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

  /** Copies what it is given. */
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

  /** The record as it is now and stays. Costs what the router holds. */
  copy(): RouterRecord {
    return { ...this.#view, mappings: new Map(this.#mappings) };
  }

  /** Everything until now stays, whatever is taken back later. */
  keep(): void {
    this.#undo = [];
  }

  /** One more change. */
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

  /** Takes back every change since `settle`. Mappings that come back may come back at another place in the order. */
  undo(): void {
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
