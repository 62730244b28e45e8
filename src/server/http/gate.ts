/** Authenticates requests by their token. An address from which too many wrong ones came has to wait, whichever token comes next. */
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { praasError } from '../../core/errors/errors.ts';
import type { Authenticator } from '../../core/identity/authenticator.ts';
import type { Requester } from '../../core/identity/requester.ts';

/** What of a request says who asks. */
export interface Credentials {
  readonly address: string;
  readonly token: string | undefined;
}

const FAILURES = 10;
const WINDOW_SECONDS = 60;
const SECOND_MS = 1000;

export class Gate {
  readonly #authenticator: Authenticator;
  readonly #onFailure: (address: string) => void;
  /** Tokens of an address that are being tried, and who waits for that. */
  readonly #lines = new Map<string, { trying: number; readonly waiting: (() => void)[] }>();
  readonly #limiter = new RateLimiterMemory({ points: FAILURES, duration: WINDOW_SECONDS });

  /** `on_failure` is told of each refusal. */
  constructor(authenticator: Authenticator, onFailure: (address: string) => void) {
    this.#authenticator = authenticator;
    this.#onFailure = onFailure;
  }

  /** Throws UNAUTHENTICATED, TOO_MANY_FAILURES after ten failures of one address in a minute, and as the Authenticator does. */
  async authenticate({ address, token }: Credentials): Promise<Requester> {
    const key = networkOf(address);
    const past = await this.#limiter.get(key);
    if (past !== null && past.remainingPoints <= 0) throw tooMany(address, past);
    const requester = token === undefined ? undefined : await this.#try(key, address, token);
    if (requester !== undefined) return requester;
    this.#onFailure(address);
    const reason = token === undefined ? 'no token was given' : 'the token is not valid';
    throw praasError('UNAUTHENTICATED', { reason });
  }

  /** No more at once than may fail: those that come together would all be tried before the first has failed. */
  async #try(key: string, address: string, token: string): Promise<Requester | undefined> {
    await this.#enterLine(key);
    try {
      const past = await this.#limiter.get(key);
      if (past !== null && past.remainingPoints <= 0) throw tooMany(address, past);
      const requester = await this.#authenticator.authenticate(token);
      // A request without any token guesses nothing.
      if (requester === undefined) await this.#limiter.consume(key).catch(() => undefined);
      return requester;
    } finally {
      this.#leaveLine(key);
    }
  }

  async #enterLine(key: string): Promise<void> {
    const line = this.#lines.get(key) ?? { trying: 0, waiting: [] };
    this.#lines.set(key, line);
    if (line.trying < FAILURES) {
      line.trying += 1;
      return;
    }
    await new Promise<void>((resolve) => {
      line.waiting.push(resolve);
    });
  }

  #leaveLine(key: string): void {
    const line = this.#lines.get(key);
    if (line === undefined) return;
    const next = line.waiting.shift();
    if (next) return next();
    line.trying -= 1;
    if (line.trying === 0) this.#lines.delete(key);
  }
}

function tooMany(address: string, { msBeforeNext }: RateLimiterRes): Error {
  return praasError('TOO_MANY_FAILURES', { address, seconds: Math.max(1, Math.ceil(msBeforeNext / SECOND_MS)) });
}

/** One host of IPv6 has a whole /64 to come from. */
function networkOf(address: string): string {
  return address.includes(':') && !address.includes('.') ? address.split(':').slice(0, 4).join(':') : address;
}
