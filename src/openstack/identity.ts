/** Whose a token is, asked of Keystone with the service user's own. */
import { praasError } from '../core/errors/errors.ts';
import { isThere, readAnswer } from './answers.ts';
import { TokenAnswer } from './login.ts';
import type { Session } from './session.ts';

export interface TokenOwner {
  readonly user_name: string;
  readonly project_id: string | null;
  readonly project_name: string | null;
  /** Its scope is the whole system. */
  readonly isSystem: boolean;
  /** Names of Keystone roles. */
  readonly roles: readonly string[];
  readonly expires_at: string;
}

/** What a token may consist of. Keystone's are Base64 with a few marks; what is not cannot be one, and is not passed on. */
const TOKEN = /^[\x21-\x7e]{8,8192}$/;

export class Identity {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * Undefined for a token that is not good (any more). Throws CLOUD_UNAVAILABLE while Keystone cannot be asked, and as
   * Session does.
   */
  async ownerOf(token: string): Promise<TokenOwner | undefined> {
    if (!TOKEN.test(token)) return undefined;
    const query = new URLSearchParams({ nocatalog: '1' });
    const headers = { 'X-Subject-Token': token };
    const reply = await this.#session.send('identity', { path: '/auth/tokens', query, headers });
    // A bad token is not found; 401 and 403 are about our own account.
    if (!isThere(reply, 'identity')) return undefined;
    const { token: answer } = readAnswer(TokenAnswer, reply, 'identity');
    if (Number.isNaN(Date.parse(answer.expires_at)))
      throw praasError('CLOUD_BAD_RESPONSE', { service: 'identity', reason: `expires_at: ${answer.expires_at}` });
    return {
      user_name: answer.user.name,
      project_id: answer.project?.id ?? null,
      project_name: answer.project?.name ?? null,
      isSystem: answer.system?.all === true,
      roles: answer.roles.map(({ name }) => name),
      expires_at: answer.expires_at,
    };
  }
}
