/** One change of a router, as it is decided on what is there when its turn has come. */
import type { Situation } from './decision.ts';
import type { Cause, Happened } from './event.ts';
import type { Mapping } from './mapping.ts';
import type { Changed, ChangeOptions } from './pat.ts';
import type { LookFor } from './ports.ts';
import type { Delta, RouterRecord } from './record.ts';

/** What a change comes to: nothing is written or settled when the delta is empty. */
export interface Outcome<T> {
  readonly delta: Delta;
  readonly ids: readonly string[];
  readonly value: (record: RouterRecord) => T;
  /** Why, by the mapping's id, where it is not simply what was asked for. */
  readonly causes?: ReadonlyMap<string, Cause>;
}

export interface Change<T> {
  readonly options: ChangeOptions;
  /** It makes no sense for a router that is not on this node. */
  readonly must_be_here: boolean;
  readonly purpose: LookFor;
  /** What speaks against it whatever the router is like; asked before anything else. Throws the reason. */
  readonly precheck?: (record: RouterRecord) => void;
  /** Pure. Throws the error of the catalogue that says why not. */
  readonly decide: (situation: Situation) => Outcome<T>;
}

/** A change that has been decided, with the mappings that it is about as they were before. */
export interface Decided<P> {
  readonly pending: P;
  readonly outcome: Outcome<unknown>;
  readonly before: readonly (Mapping | undefined)[];
}

/** A change that has been carried out. */
export interface Done extends Happened {
  readonly changed: Changed<unknown>;
  readonly delta: Delta;
}
