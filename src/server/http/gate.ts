/** Authenticates requests by their token, and limits how many wrong tokens one address may try. */
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { praasError } from '../../core/errors/errors.ts';
import type { Authenticator } from '../../core/identity/authenticator.ts';
import type { Requester } from '../../core/identity/requester.ts';

/** What of a request says who the requester is. */
export interface Credentials {
  readonly address: string;
  readonly token: string | undefined;
}

/** Tokens of one address that are being checked, and those that wait for a place. */
interface Checks {
  running: number;
  readonly waiting: (() => void)[];
}

const MAX_FAILURES = 10;
const WINDOW_SECONDS = 60;
const SECOND_MS = 1000;

export class Gate {
  readonly #authenticator: Authenticator;
  readonly #onFailure: (address: string) => void;
  readonly #checks = new Map<string, Checks>();
  readonly #limiter = new RateLimiterMemory({ points: MAX_FAILURES, duration: WINDOW_SECONDS });

  /** `onFailure` is called for each request that is not authenticated, but not for those that the limit refuses. */
  constructor(authenticator: Authenticator, onFailure: (address: string) => void) {
    this.#authenticator = authenticator;
    this.#onFailure = onFailure;
  }

  /** Throws UNAUTHENTICATED, TOO_MANY_FAILURES after ten failures of one address in a minute, and as the Authenticator does. */
  async authenticate({ address, token }: Credentials): Promise<Requester> {
    const key = networkOf(address);
    await this.#refuseAboveLimit(key, address);
    const requester = token === undefined ? undefined : await this.#check(key, address, token);
    if (requester !== undefined) return requester;
    this.#onFailure(address);
    const reason = token === undefined ? 'no token was given' : 'the token is not valid';
    throw praasError('UNAUTHENTICATED', { reason });
  }

  /** At most as many at a time as may fail: tokens that arrive together would all be checked before the first one has failed. */
  async #check(key: string, address: string, token: string): Promise<Requester | undefined> {
    await this.#enter(key);
    try {
      await this.#refuseAboveLimit(key, address);
      const requester = await this.#authenticator.authenticate(token);
      // A request without a token guesses nothing and is not counted.
      if (requester === undefined) await this.#limiter.consume(key).catch(() => undefined);
      return requester;
    } finally {
      this.#leave(key);
    }
  }

  async #refuseAboveLimit(key: string, address: string): Promise<void> {
    const past = await this.#limiter.get(key);
    if (past !== null && past.remainingPoints <= 0) throw tooMany(address, past);
  }

  async #enter(key: string): Promise<void> {
    const checks = this.#checks.get(key) ?? { running: 0, waiting: [] };
    this.#checks.set(key, checks);
    if (checks.running < MAX_FAILURES) {
      checks.running += 1;
      return;
    }
    await new Promise<void>((resolve) => {
      checks.waiting.push(resolve);
    });
  }

  #leave(key: string): void {
    const checks = this.#checks.get(key);
    if (checks === undefined) return;
    const next = checks.waiting.shift();
    if (next) return next();
    checks.running -= 1;
    if (checks.running === 0) this.#checks.delete(key);
  }
}

function tooMany(address: string, { msBeforeNext }: RateLimiterRes): Error {
  return praasError('TOO_MANY_FAILURES', { address, seconds: Math.max(1, Math.ceil(msBeforeNext / SECOND_MS)) });
}

/** An IPv6 host has a whole /64. */
function networkOf(address: string): string {
  return address.includes(':') && !address.includes('.') ? address.split(':').slice(0, 4).join(':') : address;
}
