/** Creates, lists and revokes the tokens of this node. */
import type { Clock } from '../clock.ts';
import { praasError } from '../errors/errors.ts';
import type { NewId } from '../ids.ts';
import { parseInput } from '../values/input.ts';
import { timeText } from '../values/time.ts';
import {
  type CreatedToken,
  hashToken,
  type NewSecret,
  NewToken,
  type StoredToken,
  type Token,
  tokenText,
  withoutHash,
} from './token.ts';
import type { TokenStore } from './token-store.ts';

export interface TokenServiceParts {
  readonly store: TokenStore;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly newSecret: NewSecret;
}

export class TokenService {
  readonly #parts: TokenServiceParts;

  constructor(parts: TokenServiceParts) {
    this.#parts = parts;
  }

  /** Gives the new token with its text, which is shown only here. Throws INVALID_INPUT, TOKEN_EXISTS, and as TokenStore does. */
  async create(input: NewToken): Promise<CreatedToken> {
    const { store, clock, newId, newSecret } = this.#parts;
    const { name, role, project_id, expires_at } = parseInput(NewToken, input);
    const token = tokenText(newSecret());
    const hash = await hashToken(token);
    const created = { id: newId(), name, role, project_id, created_at: timeText(clock.now()), expires_at };
    return store.update((tokens) => {
      if (tokens.some((other) => other.name === name)) throw praasError('TOKEN_EXISTS', { name });
      return { tokens: [...tokens, { ...created, hash }], value: { token, ...created } };
    });
  }

  /** Gives all tokens, sorted by name. Throws as TokenStore does. */
  async list(): Promise<readonly Token[]> {
    const tokens = await this.#parts.store.read();
    return tokens.map(withoutHash).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Takes names or IDs, gives the tokens that were revoked. Throws TOKEN_NOT_FOUND, with none revoked, and as TokenStore does. */
  async revoke(names: readonly string[]): Promise<readonly Token[]> {
    return this.#parts.store.update((tokens) => {
      const revoked = new Set(names.map((name) => findToken(tokens, name)));
      return { tokens: tokens.filter((token) => !revoked.has(token)), value: [...revoked].map(withoutHash) };
    });
  }
}

/** IDs are matched before names, so that a token whose name is the ID of another one does not protect it. */
function findToken(tokens: readonly StoredToken[], name: string): StoredToken {
  const found = tokens.find(({ id }) => id === name) ?? tokens.find((token) => token.name === name);
  if (found === undefined) throw praasError('TOKEN_NOT_FOUND', { token: name });
  return found;
}
