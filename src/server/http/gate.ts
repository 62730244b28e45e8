/**
 * Authenticates requests by their token, and limits how many wrong tokens one address may try. A token that has been valid
 * from that address passes in any case: wrong tokens of others behind the same address do not lock it out.
 */
import { hash } from 'node:crypto';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { praasError } from '../../core/errors/errors.ts';
import type { Authenticator } from '../../core/identity/authenticator.ts';
import type { Requester } from '../../core/identity/requester.ts';
import { isOwnToken } from '../../core/identity/token.ts';
import { Places } from '../../core/places.ts';
import { limitKey } from './client-address.ts';

/** By its key in praas.conf; -1 is no limit. */
interface GateSettings {
  readonly failed_authentications_per_minute: number;
}

/** What of a request says who the requester is. */
interface Credentials {
  readonly address: string;
  readonly token: string | undefined;
}

const MINUTE_SECONDS = 60;
const MAX_KNOWN_TOKENS = 10_000;
const SECOND_MS = 1000;

export class Gate {
  readonly #authenticator: Authenticator;
  readonly #settings: () => GateSettings;
  readonly #onFailure: (address: string) => void;
  readonly #checks = new Map<string, Places>();
  readonly #limiter = new RateLimiterMemory({ points: 1, duration: MINUTE_SECONDS });
  /** Hashes of tokens with the address from which they have been valid; the least recently used first. */
  readonly #known = new Set<string>();

  /**
   * The settings may change while it runs. `onFailure` is called for each request that is not authenticated, but not for those that the
   * limit refuses.
   */
  constructor(authenticator: Authenticator, settings: () => GateSettings, onFailure: (address: string) => void) {
    this.#authenticator = authenticator;
    this.#settings = settings;
    this.#onFailure = onFailure;
  }

  /**
   * Throws UNAUTHENTICATED, TOO_MANY_FAILURES after so many failures of one address in a minute unless the token is known, and
   * as the Authenticator does.
   */
  async authenticate({ address, token }: Credentials): Promise<Requester> {
    const key = limitKey(address);
    const requester =
      token === undefined ? await this.#refuseAboveLimit(key, address) : await this.#check(key, address, token);
    if (requester !== undefined) return requester;
    this.#onFailure(address);
    const reason = token === undefined ? 'no token was given' : 'the token is not valid';
    throw praasError('UNAUTHENTICATED', { reason });
  }

  /** True for a token of this node, and for one that has been valid from that address. */
  isKnown({ address, token }: Credentials): boolean {
    return token !== undefined && (isOwnToken(token) || this.#known.has(nameOf(limitKey(address), token)));
  }

  async #check(key: string, address: string, token: string): Promise<Requester | undefined> {
    const known = nameOf(key, token);
    if (!this.#known.has(known) && !isOwnToken(token)) return this.#checkUnknown(key, address, token, known);
    // It does not wait behind unknown tokens, and is forgotten as soon as it is no longer valid. Tokens of this node cannot be guessed
    // and are looked up at once, so they do not have to be known.
    const requester = await this.#authenticator.authenticate(token);
    this.#known.delete(known);
    if (requester !== undefined) this.#remember(known);
    else {
      await this.#refuseAboveLimit(key, address);
      await this.#count(key);
    }
    return requester;
  }

  /** At most as many at a time as may fail: tokens that arrive together would all be checked before the first one has failed. */
  async #checkUnknown(key: string, address: string, token: string, known: string): Promise<Requester | undefined> {
    await this.#refuseAboveLimit(key, address);
    const places = this.#checks.get(key) ?? new Places(this.#most);
    this.#checks.set(key, places);
    try {
      return await places.run(async () => {
        await this.#refuseAboveLimit(key, address);
        const requester = await this.#authenticator.authenticate(token);
        if (requester === undefined) await this.#count(key);
        else this.#remember(known);
        return requester;
      });
    } finally {
      if (places.isIdle) this.#checks.delete(key);
    }
  }

  get #most(): number {
    const most = this.#settings().failed_authentications_per_minute;
    return most < 0 ? Number.POSITIVE_INFINITY : most;
  }

  async #refuseAboveLimit(key: string, address: string): Promise<undefined> {
    const past = await this.#limiter.get(key);
    if (past !== null && past.consumedPoints >= this.#most) throw tooMany(address, past);
  }

  /** Counts a wrong token. A request without a token guesses nothing and is not counted. */
  async #count(key: string): Promise<void> {
    await this.#limiter.consume(key).catch(() => undefined);
  }

  #remember(known: string): void {
    this.#known.add(known);
    const [oldest] = this.#known;
    if (this.#known.size > MAX_KNOWN_TOKENS && oldest !== undefined) this.#known.delete(oldest);
  }
}

/** Under which a token is remembered. */
function nameOf(key: string, token: string): string {
  return `${key} ${hash('sha256', token, 'base64url')}`;
}

function tooMany(address: string, { msBeforeNext }: RateLimiterRes): Error {
  return praasError('TOO_MANY_FAILURES', { address, seconds: Math.max(1, Math.ceil(msBeforeNext / SECOND_MS)) });
}
