/** Authentication by a token. Implementations look it up in a token file, or ask Keystone. */
import type { Requester } from './requester.ts';

export interface Authenticator {
  /**
   * Gives the requester to whom the token belongs; undefined when the token is not valid.
   * Throws an error of the catalogue when the token cannot be checked at this moment.
   */
  authenticate(token: string): Promise<Requester | undefined>;
}
