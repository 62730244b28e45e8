/**
 * Ctrl-C and the like. What must not be left half done is shielded and runs to its end first; then the programs under way
 * are ended and no new ones begin, so that the command ends by its ordinary errors and closes what it has opened.
 */
import { praasError } from '../core/errors/errors.ts';

export class Interruption {
  readonly #ending = new AbortController();
  #signal_number: number | undefined;
  #shielded = 0;

  /** Aborts, with INTERRUPTED as its reason, when somebody asked and nothing is shielded any more. */
  get abortSignal(): AbortSignal {
    return this.#ending.signal;
  }

  /** The number of the first signal that asked for an end; undefined while nobody did. */
  get signalNumber(): number | undefined {
    return this.#signal_number;
  }

  /** Asks for an end, as the signal of that number does. */
  ask(signal_number: number): void {
    this.#signal_number ??= signal_number;
    this.#endWhenFree();
  }

  /** Runs `work` to its end, whatever is asked meanwhile. Throws INTERRUPTED when it was asked before. */
  async uninterruptible<T>(work: () => Promise<T>): Promise<T> {
    if (this.#signal_number !== undefined) throw praasError('INTERRUPTED', { signal_number: this.#signal_number });
    this.#shielded++;
    try {
      return await work();
    } finally {
      this.#shielded--;
      this.#endWhenFree();
    }
  }

  #endWhenFree(): void {
    const signal_number = this.#signal_number;
    if (signal_number === undefined || this.#shielded > 0) return;
    this.#ending.abort(praasError('INTERRUPTED', { signal_number }));
  }
}
