/** Work that waits in line: one task at a time, in the order of asking. */
export class Queue {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs the task when all earlier ones have ended, however they ended. Gives and throws what the task does. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when everything asked for so far has ended. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
