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

  /** Gives the new token with its text, which nobody can find out later. Throws INVALID_INPUT, TOKEN_EXISTS, as TokenStore. */
  async create(input: NewToken): Promise<CreatedToken> {
    const { store, clock, newId, newSecret } = this.#parts;
    const { name, role, project_id, expires_at } = parseInput(NewToken, input);
    const token = tokenText(newSecret());
    const hash = await hashToken(token);
    const made = { id: newId(), name, role, project_id, created_at: timeText(clock.now()), expires_at };
    return store.update((tokens) => {
      if (tokens.some((other) => other.name === name)) throw praasError('TOKEN_EXISTS', { name });
      return { tokens: [...tokens, { ...made, hash }], value: { token, ...made } };
    });
  }

  /** All tokens, by name. Throws as TokenStore. */
  async list(): Promise<readonly Token[]> {
    const tokens = await this.#parts.store.read();
    return tokens.map(withoutHash).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Takes names or IDs, gives the tokens that are nobody's from now on. Throws TOKEN_NOT_FOUND with all as before; as TokenStore. */
  async revoke(names: readonly string[]): Promise<readonly Token[]> {
    return this.#parts.store.update((tokens) => {
      const revoked = new Set(names.map((name) => find(tokens, name)));
      return { tokens: tokens.filter((token) => !revoked.has(token)), value: [...revoked].map(withoutHash) };
    });
  }
}

/** By ID before name, so that a name that looks like an ID cannot shield the token that has it. */
function find(tokens: readonly StoredToken[], name: string): StoredToken {
  const found = tokens.find(({ id }) => id === name) ?? tokens.find((token) => token.name === name);
  if (found === undefined) throw praasError('TOKEN_NOT_FOUND', { token: name });
  return found;
}
