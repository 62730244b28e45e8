import type { Clock } from '../clock.ts';
import { isExpired } from '../values/time.ts';
import type { Authenticator } from './authenticator.ts';
import { Requester } from './requester.ts';
import { hashToken, type StoredToken } from './token.ts';
import type { TokenStore } from './token-store.ts';

interface Known {
  readonly fingerprint: string;
  readonly byHash: ReadonlyMap<string, StoredToken>;
}

export class TokenAuthenticator implements Authenticator {
  readonly #store: Pick<TokenStore, 'fingerprint' | 'read'>;
  readonly #clock: Clock;
  #known: Known | undefined;

  constructor(store: Pick<TokenStore, 'fingerprint' | 'read'>, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /**
   * Looked up by hash. How long a look-up takes may say something of a hash, and nothing of the token behind it: a
   * comparison in constant time would protect nothing here.
   * Throws TOKENS_DAMAGED, STORE_TOO_NEW, STORE_UNREADABLE, NOT_PERMITTED: then nobody is let in, on old knowledge neither.
   */
  async authenticate(token: string): Promise<Requester | undefined> {
    const hash = await hashToken(token);
    const found = (await this.#read()).byHash.get(hash);
    if (found === undefined || isExpired(found, this.#clock.now())) return undefined;
    const { name, role, project_id } = found;
    return new Requester({ name, role, projectId: project_id });
  }

  /** The fingerprint is older than what is read after it, so that a change between the two is seen at the next call. */
  async #read(): Promise<Known> {
    const fingerprint = await this.#store.fingerprint();
    if (this.#known?.fingerprint === fingerprint) return this.#known;
    const tokens = await this.#store.read();
    const known = { fingerprint, byHash: new Map(tokens.map((token) => [token.hash, token])) };
    this.#known = known;
    return known;
  }
}
