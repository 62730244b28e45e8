/** One change of a router, as it is decided on what is there when its turn has come. */
import type { Requester } from '../../core/identity/requester.ts';
import type { InspectScope } from '../interfaces/agent.ts';
import type { Cause, Happened } from '../mapping/event.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { Delta, RouterRecord } from '../mapping/record.ts';
import type { Condition, Situation } from './situation.ts';

/** What a change comes to: nothing is written or put into the kernel when the delta is empty, unless the change reconciles. */
export interface Outcome<T> {
  readonly delta: Delta;
  readonly ids: readonly string[];
  /** Takes the record as it is then, and what was done in the kernel for all changes that went together. */
  readonly value: (record: RouterRecord, done: Synced) => T;
  /** Why, by the mapping's id, where it is not simply what was asked for. */
  readonly causes?: ReadonlyMap<string, Cause>;
}

export interface Change<T> {
  readonly options: ChangeOptions;
  /** It makes no sense for a router that is not on this node. */
  readonly requiresRouter: boolean;
  readonly scope: InspectScope;
  /** The whole router is made equal to the store, also when nothing of the store changes. */
  readonly reconciles?: boolean;
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
export interface CompletedChange extends Happened {
  readonly changed: Changed<unknown>;
  readonly delta: Delta;
}

export const NOTHING_DONE: Synced = { added: 0, removed: 0, moved: 0 };

/** How a change is asked for. */
export interface ChangeOptions {
  /** Passes the checks that may be wrong about this router. */
  readonly force?: boolean;
  /** Decides and shows, changes nothing. */
  readonly dry_run?: boolean;
  /** Who asks; root when left out. */
  readonly requester?: Requester;
  /** What has to hold of each mapping as it is when its turn has come. */
  readonly condition?: Condition | undefined;
}

export interface Changed<T> {
  readonly value: T;
  /** What an operator should know although it worked. */
  readonly warnings: readonly string[];
  /** With dry_run: what would be handed to the kernel; empty when its rules would stay as they are. */
  readonly script: string | undefined;
}

/** What was done in the kernel of a router. */
export interface Synced {
  /** Mappings put into the kernel, and taken out of it. */
  readonly added: number;
  readonly removed: number;
  /** Mappings that followed the router's gateway to another address. */
  readonly moved: number;
}
