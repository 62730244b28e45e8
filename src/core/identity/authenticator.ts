/** Finds out who asks, by a token. How is the Authenticator's business: a token file, or Keystone. */
import type { Requester } from './requester.ts';

export interface Authenticator {
  /**
   * Gives whose token that is; undefined when it is not valid.
   * Throws an error of the catalogue when that cannot be found out now.
   */
  authenticate(token: string): Promise<Requester | undefined>;
}
