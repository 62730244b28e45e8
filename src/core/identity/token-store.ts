/** The store of tokens. */
import type { StoredToken } from './token.ts';

export interface TokenStore {
  /** Gives a text that changes whenever the result of `read` may have changed. Cheap enough for every request. */
  fingerprint(): Promise<string>;
  /** Gives all tokens, oldest first; none when there is no file. Throws TOKENS_DAMAGED, STORE_TOO_NEW. */
  read(): Promise<readonly StoredToken[]>;
  /**
   * Replaces the tokens by those that `change` gives, durably and as the only writer; gives its `value`. When `change` throws,
   * nothing is written. Throws as read does, and STORE_LOCKED, STORE_FULL, STORE_FAILED, NOT_PERMITTED.
   */
  update<T>(change: (tokens: readonly StoredToken[]) => TokenChange<T>): Promise<T>;
}

export interface TokenChange<T> {
  readonly tokens: readonly StoredToken[];
  readonly value: T;
}
