/** A change of one router. It is decided on the record and the router as they are when the change runs. */
import type { Requester } from '../../core/identity/requester.ts';
import type { InspectScope } from '../interfaces/agent.ts';
import type { Cause, Transitions } from '../mapping/event.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { Delta, RouterRecord } from '../mapping/record.ts';
import type { Condition, Situation } from './situation.ts';

/** What a change was decided to be. With an empty delta nothing is written or applied, unless the change reconciles. */
export interface Outcome<T> {
  readonly delta: Delta;
  readonly ids: readonly string[];
  /** Takes the record after the change, and what was done in the kernel for the whole batch. */
  readonly value: (record: RouterRecord, synced: Synced) => T;
  /** By the mapping's ID, where the cause is not the request itself. */
  readonly causes?: ReadonlyMap<string, Cause>;
}

export interface Change<T> {
  readonly options: ChangeOptions;
  /** True when the change throws ROUTER_NOT_FOUND for a router that is not on this node. */
  readonly requiresRouter: boolean;
  readonly scope: InspectScope;
  /** True when the router is reconciled even if the record does not change. */
  readonly reconciles?: boolean;
  /** Throws when the record alone refuses the change, before the router is considered. */
  readonly precheck?: (record: RouterRecord) => void;
  /** Pure. Throws the error of the catalogue that refuses the change. */
  readonly decide: (situation: Situation) => Outcome<T>;
}

/** A decided change, with its mappings as they were before. */
export interface DecidedChange<Q> {
  readonly queued: Q;
  readonly outcome: Outcome<unknown>;
  readonly before: readonly (Mapping | undefined)[];
}

export interface CompletedChange extends Transitions {
  readonly changed: Changed<unknown>;
  readonly delta: Delta;
}

export const NOTHING_SYNCED: Synced = { added: 0, removed: 0, moved: 0 };

/** The options of a request for a change. */
export interface ChangeOptions {
  /** Skips the checks that may be wrong about this router. */
  readonly force?: boolean;
  /** Only decides and previews the change. */
  readonly dryRun?: boolean;
  readonly requester: Requester;
  /** Must hold for each mapping when the change runs. */
  readonly condition?: Condition | undefined;
}

export interface Changed<T> {
  readonly value: T;
  /** For the operator, although the change succeeded. */
  readonly warnings: readonly string[];
  /** With dryRun: the script for the kernel; empty when the rules would stay the same. */
  readonly script: string | undefined;
}

/** What a reconcile did in the kernel of a router. */
export interface Synced {
  /** Number of mappings whose rules were added, and removed. */
  readonly added: number;
  readonly removed: number;
  /** Number of mappings that moved to another gateway address of the router. */
  readonly moved: number;
}
