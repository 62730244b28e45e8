/** The owner of a token, from Keystone, asked with the token of the service account. */
import { praasError } from '../core/errors/errors.ts';
import { TokenResponse } from './login.ts';
import { isFound, parseResponse } from './responses.ts';
import type { Session } from './session.ts';

export interface TokenOwner {
  readonly userName: string;
  readonly projectId: string | null;
  readonly projectName: string | null;
  /** The domain that is the scope of the token; null for every other scope. */
  readonly domainName: string | null;
  /** The scope of the token is the whole system. */
  readonly isSystem: boolean;
  /** Names of Keystone roles. */
  readonly roles: readonly string[];
  readonly expiresAt: string;
}

/** The characters of a token. Keystone's tokens are Base64 with a few marks; other text cannot be one and is not sent on. */
const TOKEN = /^[\x21-\x7e]{8,8192}$/;

export class Identity {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Gives undefined for an invalid token. Throws CLOUD_UNAVAILABLE while Keystone does not respond, and as Session does. */
  async ownerOf(token: string): Promise<TokenOwner | undefined> {
    if (!TOKEN.test(token)) return undefined;
    const query = new URLSearchParams({ nocatalog: '1' });
    const headers = { 'X-Subject-Token': token };
    const response = await this.#session.send('identity', { path: '/auth/tokens', query, headers });
    // An invalid token is not found; 401 and 403 concern the service account.
    if (!isFound(response, 'identity')) return undefined;
    const { token: owned } = parseResponse(TokenResponse, response, 'identity');
    if (Number.isNaN(Date.parse(owned.expires_at)))
      throw praasError('CLOUD_BAD_RESPONSE', {
        service: 'identity',
        reason: `expires_at is ${owned.expires_at}, not a time`,
      });
    return {
      userName: owned.user.name,
      projectId: owned.project?.id ?? null,
      projectName: owned.project?.name ?? null,
      domainName: owned.domain?.name ?? null,
      isSystem: owned.system?.all === true,
      roles: owned.roles.map(({ name }) => name),
      expiresAt: owned.expires_at,
    };
  }
}
