/** What the attempts at one repeated task have come to: whether a failure is news, and how long to wait. */
import { type BackoffOptions, backoff } from './backoff.ts';
import { isPraasError } from './errors/errors.ts';
import { messageOf } from './errors/message-of.ts';

export class FailureState {
  #count = 0;
  #reason: string | undefined;
  #identity = '';

  /** `reason` applies until the first attempt has ended. */
  constructor(reason?: string) {
    this.#reason = reason;
  }

  /** The number of failures since the last success. */
  get count(): number {
    return this.#count;
  }

  /** Why the last attempt failed; undefined when it succeeded. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** Takes the error of an attempt. Gives false for the same one as before, which is logged once. */
  failed(error: unknown): boolean {
    const identity = identityOf(error);
    const isNews = this.#count === 0 || identity !== this.#identity;
    this.#count += 1;
    this.#identity = identity;
    this.#reason = messageOf(error);
    return isNews;
  }

  /** Takes a success. Gives true when the attempt before it failed. */
  recovered(): boolean {
    const hasFailed = this.#count > 0;
    this.#count = 0;
    this.#reason = undefined;
    return hasFailed;
  }

  /** The time until the next attempt: `maxMs` after a success, less after a failure. */
  waitMs(options: BackoffOptions & { readonly maxMs: number }): number {
    return this.#count === 0 ? options.maxMs : backoff(this.#count, options);
  }
}

/** Errors are the same by code and facts; those of no catalogue by their message. */
function identityOf(error: unknown): string {
  return isPraasError(error) ? `${error.code} ${JSON.stringify(error.facts)}` : messageOf(error);
}
