import type { LookFor } from '../interfaces/agent.ts';
import type { Cause, Happened } from '../mapping/event.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { Delta, RouterRecord } from '../mapping/record.ts';
import type { Situation } from './situation.ts';

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

export interface ChangeOptions {
  /** Passes the checks that may be wrong about this router. */
  readonly force?: boolean;
  /** Decides and shows, changes nothing. */
  readonly dry_run?: boolean;
}

export interface Changed<T> {
  readonly value: T;
  /** What an operator should know although it worked. */
  readonly warnings: readonly string[];
  /** With dry_run: what would be handed to the kernel; empty when its rules would stay as they are. */
  readonly script: string | undefined;
}

export interface Synced {
  /** Mappings put into the kernel, and taken out of it. */
  readonly added: number;
  readonly removed: number;
  /** Mappings that followed the router's gateway to another address. */
  readonly moved: number;
}
