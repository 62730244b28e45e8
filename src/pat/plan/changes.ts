/** What is observed in a kernel, and what is to be changed there. */
import type { Forward } from '../mapping/forward.ts';
import type { UnmanagedRule } from './unmanaged-rules.ts';

/** What the rules of a forward have counted since they were made. */
export interface RuleCounters {
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
  readonly counters?: RuleCounters;
}

export interface Changes {
  readonly remove: readonly ObservedForward[];
  readonly add: readonly Forward[];
  /** What is missing of the Dataplane's own frame (chains, jumps, tables), in its own terms; undefined: nothing. */
  readonly missingBaseChains: unknown;
  /** Rules of others whose place the forwards take: they go when these have come, and no packet falls between. */
  readonly adopt?: readonly UnmanagedRule[];
}

/** True when there is nothing to do. */
export function isEmptyChanges(changes: Changes): boolean {
  const { remove, add, missingBaseChains: frame, adopt = [] } = changes;
  return remove.length + add.length + adopt.length === 0 && frame === undefined;
}
