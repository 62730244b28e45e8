/**
 * How much may be removed before somebody is asked. A cloud that lies, lies about many things at once; a cloud that is used
 * loses a few at a time.
 */

export interface RemovalLimit {
  readonly asked: number;
  /** How many may go now. */
  readonly limit: number;
}

/** So many always may: a tenth of next to nothing is nothing. */
const FEW = 10;

export class RemovalGuard {
  readonly #percent: () => number;
  #gone = 0;

  /** `percent` of all mappings, 0 to 100, may go between two sweeps. */
  constructor(percent: () => number) {
    this.#percent = percent;
  }

  /** Undefined: these may go. */
  refuses(asked: number, mappings: number): RemovalLimit | undefined {
    const limit = Math.max(FEW, Math.floor((mappings * this.#percent()) / 100)) - this.#gone;
    return asked > limit ? { asked, limit: Math.max(0, limit) } : undefined;
  }

  record(gone: number): void {
    this.#gone += gone;
  }

  /** A sweep begins: what went before it counts no longer. */
  reset(): void {
    this.#gone = 0;
  }
}
