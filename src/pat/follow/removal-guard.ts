/**
 * Limits how many mappings are deleted without confirmation. A cloud that gives wrong answers gives them about many resources
 * at once; a cloud in normal use loses a few at a time.
 */

/** A number of deletions that exceeds the limit. */
export interface ExceededLimit {
  readonly requested: number;
  /** How many deletions are still allowed. */
  readonly limit: number;
}

/** Always allowed, because a percentage of few mappings would be zero. */
const MIN_LIMIT = 10;

export class RemovalGuard {
  readonly #percent: () => number;
  #deleted = 0;

  /** Takes how many percent of all mappings, 0 to 100, may be deleted between two sweeps. */
  constructor(percent: () => number) {
    this.#percent = percent;
  }

  /** Takes the number of deletions and of all mappings. Undefined when the deletions are allowed. */
  exceeded(requested: number, mappings: number): ExceededLimit | undefined {
    const limit = Math.max(MIN_LIMIT, Math.floor((mappings * this.#percent()) / 100)) - this.#deleted;
    return requested > limit ? { requested, limit: Math.max(0, limit) } : undefined;
  }

  /** Counts deletions against the limit. */
  record(deleted: number): void {
    this.#deleted += deleted;
  }

  /** Starts a new count, at the beginning of a sweep. */
  reset(): void {
    this.#deleted = 0;
  }
}
