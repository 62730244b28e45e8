/** What a connection has heard and nobody has taken yet. Once ended it gives its last word to everybody who asks. */
import type { Heard } from './dialog.ts';

export class Inbox {
  readonly #waiting: Heard[] = [];
  #last: Heard | undefined;
  #take: ((heard: Heard) => void) | undefined;

  /** Keeps it for the next who asks. */
  put(heard: Heard): void {
    if (this.#take === undefined) this.#waiting.push(heard);
    else this.#take(heard);
  }

  /** Nothing comes any more: whoever asks from now on hears this. The first last word counts. */
  end(last: Heard): void {
    this.#last ??= last;
    this.#take?.(this.#last);
  }

  /** Forgets what came late, so that it is not taken for the answer to what is asked next. */
  clear(): void {
    this.#waiting.length = 0;
  }

  /** What comes next, or `timeout`. One may ask at a time. */
  async next(timeoutMs: number): Promise<Heard> {
    const there = this.#waiting.shift() ?? this.#last;
    if (there !== undefined) return there;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#take?.({ error: 'timeout' }), timeoutMs);
      this.#take = (heard) => {
        clearTimeout(timer);
        this.#take = undefined;
        resolve(heard);
      };
    });
  }
}
