/**
 * Ctrl-C and other signals. Work that must not be left half done runs to its end first; then the running programs are killed and no
 * new ones start, so that the command ends by its ordinary errors and closes what it has opened.
 */
import { praasError } from '../core/errors/errors.ts';

export class Interruption {
  readonly #abort = new AbortController();
  #signalNumber: number | undefined;
  /** How many calls of `uninterruptible` are running. */
  #uninterruptible = 0;

  /** Aborts after the first signal, with INTERRUPTED as its reason, once no uninterruptible work is running. */
  get abortSignal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The number of the first signal; undefined before it. */
  get signalNumber(): number | undefined {
    return this.#signalNumber;
  }

  /** Interrupts the work, as the signal with that number does. */
  interrupt(signalNumber: number): void {
    this.#signalNumber ??= signalNumber;
    this.#abortWhenFree();
  }

  /** Runs `work` to its end, whichever signals arrive meanwhile. Throws INTERRUPTED after an earlier signal. */
  async uninterruptible<T>(work: () => Promise<T>): Promise<T> {
    if (this.#signalNumber !== undefined) throw interrupted(this.#signalNumber);
    this.#uninterruptible++;
    try {
      return await work();
    } finally {
      this.#uninterruptible--;
      this.#abortWhenFree();
    }
  }

  #abortWhenFree(): void {
    if (this.#signalNumber === undefined || this.#uninterruptible > 0) return;
    this.#abort.abort(interrupted(this.#signalNumber));
  }
}

function interrupted(signalNumber: number): Error {
  return praasError('INTERRUPTED', { signal_number: signalNumber });
}
