/**
 * The rules of a router as this process last read or applied them, so that a change costs as much as it changes and not as
 * much as the router has mappings. Other processes may change the kernel too: each period and each refused change reads the
 * rules anew.
 */

import type { Dataplane, Observation } from '../interfaces/dataplane.ts';
import type { Changes, ObservedForward } from '../plan/changes.ts';
import type { UnmanagedRule } from '../plan/unmanaged-rules.ts';
import type { ScopeMarks } from '../router/address-scope.ts';
import type { PortInUse } from '../router/port-in-use.ts';
import type { RouterWarning } from '../router/warning.ts';

export class CachedRouter {
  readonly portsInUse: readonly PortInUse[];
  readonly unmanagedRules: readonly UnmanagedRule[];
  readonly warnings: readonly RouterWarning[];
  readonly scopeMarks: ScopeMarks;
  readonly #forwards: Map<string, ObservedForward[]>;
  #missingBaseChains: unknown;

  constructor(observation: Observation) {
    this.portsInUse = observation.portsInUse;
    this.unmanagedRules = observation.unmanagedRules ?? [];
    this.warnings = observation.warnings;
    this.scopeMarks = observation.scopeMarks ?? new Map();
    this.#forwards = Map.groupBy(observation.forwards, ({ mapping_id }) => mapping_id);
    this.#missingBaseChains = observation.missingBaseChains;
  }

  get missingBaseChains(): unknown {
    return this.#missingBaseChains;
  }

  /** How many mappings have rules in the kernel. */
  get size(): number {
    return this.#forwards.size;
  }

  /** Gives the forwards of these mappings; of all when none are named. */
  forwards(ids?: readonly string[]): ObservedForward[] {
    const observed = ids === undefined ? [...this.#forwards.values()] : ids.map((id) => this.#forwards.get(id) ?? []);
    return observed.flat();
  }

  /** Updates the cache with changes (empty ones too) that the Dataplane has applied. */
  update(changes: Changes, dataplane: Pick<Dataplane, 'expected'>): void {
    if (changes.missingBaseChains !== undefined) this.#missingBaseChains = undefined;
    const removed = new Set(changes.remove);
    for (const { mapping_id } of removed) {
      this.#set(
        mapping_id,
        this.forwards([mapping_id]).filter((observed) => !removed.has(observed)),
      );
    }
    for (const forward of changes.add) {
      this.#set(forward.mapping_id, [...this.forwards([forward.mapping_id]), dataplane.expected(forward)]);
    }
  }

  #set(mappingId: string, forwards: ObservedForward[]): void {
    if (forwards.length === 0) this.#forwards.delete(mappingId);
    else this.#forwards.set(mappingId, forwards);
  }
}
