/** Two kinds of tokens: those of this node, which have a prefix of their own, and all others. */
import type { Authenticator } from './authenticator.ts';
import type { Requester } from './requester.ts';
import { isOwnToken } from './token.ts';

export class ChainedAuthenticator implements Authenticator {
  readonly #own: Authenticator;
  readonly #others: Authenticator;

  /** `others` never receives a token of this node. */
  constructor(own: Authenticator, others: Authenticator) {
    this.#own = own;
    this.#others = others;
  }

  authenticate(token: string): Promise<Requester | undefined> {
    return (isOwnToken(token) ? this.#own : this.#others).authenticate(token);
  }
}
