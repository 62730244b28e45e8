/** Lets callers in by their token. Who tries wrong ones too often has to wait, whichever token comes next. */
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Authenticator, Principal } from '../auth/authenticator.ts';
import { praasError } from '../pat/errors.ts';

/** What of a request decides who asks. */
export interface Knock {
  readonly address: string;
  readonly token: string | undefined;
}

const FAILURES = 10;
const WINDOW_SECONDS = 60;
const SECOND_MS = 1000;

export class Gate {
  readonly #authenticator: Authenticator;
  readonly #on_failure: (address: string) => void;
  readonly #limiter = new RateLimiterMemory({ points: FAILURES, duration: WINDOW_SECONDS });

  /** `on_failure` is told of each refusal. */
  constructor(authenticator: Authenticator, on_failure: (address: string) => void) {
    this.#authenticator = authenticator;
    this.#on_failure = on_failure;
  }

  /** Throws UNAUTHENTICATED, TOO_MANY_FAILURES after ten failures of one address in a minute, and as the Authenticator does. */
  async enter({ address, token }: Knock): Promise<Principal> {
    const key = networkOf(address);
    const past = await this.#limiter.get(key);
    if (past !== null && past.remainingPoints <= 0) throw tooMany(address, past);
    const principal = token === undefined ? undefined : await this.#authenticator.authenticate(token);
    if (principal !== undefined) return principal;
    this.#on_failure(address);
    // A request without any token guesses nothing.
    if (token !== undefined) await this.#limiter.consume(key).catch(() => undefined);
    const reason = token === undefined ? 'no token was given' : 'the token is not valid';
    throw praasError('UNAUTHENTICATED', { reason });
  }
}

function tooMany(address: string, { msBeforeNext }: RateLimiterRes): Error {
  return praasError('TOO_MANY_FAILURES', { address, seconds: Math.max(1, Math.ceil(msBeforeNext / SECOND_MS)) });
}

/** One host of IPv6 has a whole /64 to come from. */
function networkOf(address: string): string {
  return address.includes(':') && !address.includes('.') ? address.split(':').slice(0, 4).join(':') : address;
}
