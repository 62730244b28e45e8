/** Where tokens are kept, as this room needs it. */
import type { StoredToken } from './token.ts';

export interface TokenStore {
  /** A text that changes whenever what `read` gives may have changed. Cheap enough for every request. */
  fingerprint(): Promise<string>;
  /** All tokens, in the order in which they were made; none when there is no file. Throws TOKENS_DAMAGED, STORE_TOO_NEW. */
  read(): Promise<readonly StoredToken[]>;
  /**
   * Replaces the tokens by those that `change` gives, durably, while nobody else writes; gives its `value`. When `change`
   * throws, nothing is written. Throws as read does, and STORE_LOCKED, STORE_FULL, STORE_FAILED, NOT_PERMITTED.
   */
  update<T>(change: (tokens: readonly StoredToken[]) => TokenChange<T>): Promise<T>;
}

export interface TokenChange<T> {
  readonly tokens: readonly StoredToken[];
  readonly value: T;
}
