/** A number of places for work of one kind. Work that finds none free waits, first come, first served. */
export class Places {
  readonly #count: number;
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#count = count;
    this.#free = count;
  }

  /** True while no work has a place. */
  get isIdle(): boolean {
    return this.#free === this.#count;
  }

  /** True while work waits for a place. */
  get isAwaited(): boolean {
    return this.#waiting.length > 0;
  }

  /** Runs the work in a place. Gives and throws what it does. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }

  /** Lets all work in that waits. */
  letIn(): void {
    for (const next of this.#waiting.splice(0)) {
      this.#free -= 1;
      next();
    }
  }
}
