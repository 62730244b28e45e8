/** Authentication by the tokens of this node. */
import type { Clock } from '../clock.ts';
import { isExpired } from '../values/time.ts';
import type { Authenticator } from './authenticator.ts';
import { Requester } from './requester.ts';
import { hashToken, type StoredToken } from './token.ts';
import type { TokenStore } from './token-store.ts';

interface TokenIndex {
  readonly fingerprint: string;
  readonly byHash: ReadonlyMap<string, StoredToken>;
}

export class TokenAuthenticator implements Authenticator {
  readonly #store: Pick<TokenStore, 'fingerprint' | 'read'>;
  readonly #clock: Clock;
  #index: TokenIndex | undefined;

  constructor(store: Pick<TokenStore, 'fingerprint' | 'read'>, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /**
   * Looks the token up by its hash. The duration of a look-up may reveal something of a hash and nothing of the token, so a
   * comparison in constant time is not needed.
   * Throws TOKENS_DAMAGED, STORE_TOO_NEW, STORE_UNREADABLE, NOT_PERMITTED: then no token is accepted, cached ones neither.
   */
  async authenticate(token: string): Promise<Requester | undefined> {
    const hash = await hashToken(token);
    const stored = (await this.#read()).byHash.get(hash);
    if (stored === undefined || isExpired(stored, this.#clock.now())) return undefined;
    const { name, role, project_id } = stored;
    return new Requester({ name, role, projectId: project_id });
  }

  /** Takes the fingerprint before it reads, so that a change between the two is seen at the next call. */
  async #read(): Promise<TokenIndex> {
    const fingerprint = await this.#store.fingerprint();
    if (this.#index?.fingerprint === fingerprint) return this.#index;
    const tokens = await this.#store.read();
    const index = { fingerprint, byHash: new Map(tokens.map((token) => [token.hash, token])) };
    this.#index = index;
    return index;
  }
}
