/** desired × observed → the smallest change. Pure; a second plan after applying the first is empty. */
import type { ForeignRule } from './foreign.ts';
import { type Forward, forwardKey } from './forward.ts';

/** What the rules of a forward have counted since they were made. */
export interface Tally {
  readonly packets: number;
  readonly bytes: number;
}

/** What a Dataplane found in the kernel under one mapping's id. */
export interface ObservedForward {
  readonly mapping_id: string;
  /** Undefined when the pieces found make no whole forward: one was deleted, doubled or edited by hand. */
  readonly forward: Forward | undefined;
  /** Whatever the Dataplane needs to take away exactly what it found. */
  readonly handle: unknown;
  /** Undefined where nothing counts. */
  readonly tally?: Tally;
}

export interface Changes {
  readonly remove: readonly ObservedForward[];
  readonly add: readonly Forward[];
  /** What is missing of the Dataplane's own frame (chains, jumps, tables), in its own terms; undefined: nothing. */
  readonly frame: unknown;
  /** Rules of others whose place the forwards take: they go when these have come, and no packet falls between. */
  readonly adopt?: readonly ForeignRule[];
}

/**
 * Takes what should be and what is. `desired` has one forward per mapping; `observed` may hold several entries of one
 * mapping. Whatever is observed and not exactly as desired is removed; whatever is desired and not observed whole is added.
 */
export function plan(desired: readonly Forward[], observed: readonly ObservedForward[], frame?: unknown): Changes {
  // Nothing to compare with: a namespace made anew takes all of its mappings at once.
  if (observed.length === 0) return { remove: [], add: desired, frame };
  const missing = new Map(desired.map((forward) => [forwardKey(forward), forward]));
  const remove = observed.filter(({ forward }) => forward === undefined || !missing.delete(forwardKey(forward)));
  return { remove, add: [...missing.values()], frame };
}

/** True when there is nothing to do. */
export function isEmptyPlan(changes: Changes): boolean {
  const { remove, add, frame, adopt = [] } = changes;
  return remove.length + add.length + adopt.length === 0 && frame === undefined;
}
