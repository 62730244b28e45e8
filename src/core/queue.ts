/** A queue of tasks that run one at a time, in the order in which they were added. */
export class Queue {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs the task after all earlier ones have ended, whether they succeeded or failed. Gives and throws what the task does. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when all tasks added so far have ended. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
