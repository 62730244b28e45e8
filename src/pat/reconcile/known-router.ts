/**
 * What this process knows of a router's kernel state, kept up to date with what it applies, so that a change costs what it
 * changes and not what the router holds. Somebody else may change the kernel behind its back: a look now and then, and
 * every refused change, makes it anew.
 */
import type { Dataplane, Observation } from '../interfaces/dataplane.ts';
import type { Changes, ObservedForward } from '../plan/changes.ts';
import type { UnmanagedRule } from '../plan/unmanaged-rules.ts';
import type { ScopeMarks } from '../router/address-scope.ts';
import type { PortInUse } from '../router/port-in-use.ts';

export class KnownRouter {
  readonly portsInUse: readonly PortInUse[];
  readonly unmanagedRules: readonly UnmanagedRule[];
  readonly warnings: readonly string[];
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

  /** How many mappings have something in the kernel. */
  get size(): number {
    return this.#forwards.size;
  }

  /** What is in the kernel for these mappings; for all when none are named. */
  forwards(ids?: readonly string[]): ObservedForward[] {
    const found = ids === undefined ? [...this.#forwards.values()] : ids.map((id) => this.#forwards.get(id) ?? []);
    return found.flat();
  }

  /** Takes note of changes (an empty one too) that the Dataplane has applied. */
  applied(changes: Changes, dataplane: Pick<Dataplane, 'expected'>): void {
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

  #set(mapping_id: string, forwards: ObservedForward[]): void {
    if (forwards.length === 0) this.#forwards.delete(mapping_id);
    else this.#forwards.set(mapping_id, forwards);
  }
}
