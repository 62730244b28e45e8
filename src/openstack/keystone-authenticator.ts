/**
 * Who asks, by a Keystone token. An answer is kept for a minute at most, and never longer than the token lives, so that a
 * role or a token that is taken away ends soon. Kept is the hash of a token, never the token. Keystone away is not the same
 * as a bad token: who is known goes on, others are told to come again.
 */
import { type Authenticator, type Principal, type Role } from '../auth/authenticator.ts';
import { hashToken } from '../auth/token.ts';
import type { Clock } from '../pat/ports.ts';
import type { Identity, TokenOwner } from './identity.ts';

export interface KeystoneAuthenticatorParts {
  readonly identity: Pick<Identity, 'ownerOf'>;
  /** Which of our roles somebody with these Keystone roles has; undefined: none. */
  readonly roleOf: (roles: readonly string[]) => Role | undefined;
  readonly clock: Clock;
}

interface Known {
  readonly principal: Principal | undefined;
  readonly until_ms: number;
}

const KEPT_MS = 60_000;
/** A bad token may be a good one whose replica of Keystone lags; and asking again and again must cost Keystone little. */
const REFUSED_MS = 5000;
const MOST_KEPT = 10_000;
/** What must not be in a name that is printed. */
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

export class KeystoneAuthenticator implements Authenticator {
  readonly #parts: KeystoneAuthenticatorParts;
  readonly #known = new Map<string, Known>();
  readonly #asking = new Map<string, Promise<Principal | undefined>>();

  constructor(parts: KeystoneAuthenticatorParts) {
    this.#parts = parts;
  }

  /** Throws CLOUD_UNAVAILABLE for a token that is not known while Keystone cannot be asked. */
  async authenticate(token: string): Promise<Principal | undefined> {
    const hash = await hashToken(token);
    const known = this.#known.get(hash);
    if (known !== undefined && this.#parts.clock.now().getTime() < known.until_ms) return known.principal;
    const asking = this.#asking.get(hash) ?? this.#ask(token, hash).finally(() => this.#asking.delete(hash));
    this.#asking.set(hash, asking);
    return asking;
  }

  async #ask(token: string, hash: string): Promise<Principal | undefined> {
    const { identity, clock } = this.#parts;
    const asked_ms = clock.now().getTime();
    const owner = await identity.ownerOf(token);
    const now_ms = clock.now().getTime();
    const ends_ms = owner === undefined ? now_ms + REFUSED_MS : Date.parse(owner.expires_at);
    const principal = owner && ends_ms > now_ms ? this.#principalOf(owner) : undefined;
    this.#known.delete(hash);
    this.#known.set(hash, { principal, until_ms: Math.min(ends_ms, asked_ms + KEPT_MS) });
    this.#forgetOld(now_ms);
    return principal;
  }

  /** A token for a domain, or for nothing, says nothing of any project. */
  #principalOf({ user_name, project_id, project_name, is_system, roles }: TokenOwner): Principal | undefined {
    const role = this.#parts.roleOf(roles);
    if (role === undefined || (project_id === null && !is_system)) return undefined;
    const where = is_system ? 'the system' : `project ${project_name}`;
    return {
      name: `${user_name} of ${where}`.replaceAll(UNPRINTABLE, '?'),
      role,
      project_id: is_system ? null : project_id,
    };
  }

  /** The oldest go first: the order of the map is that of their answers. */
  #forgetOld(now_ms: number): void {
    for (const [hash, { until_ms }] of this.#known) {
      if (until_ms > now_ms && this.#known.size <= MOST_KEPT) return;
      this.#known.delete(hash);
    }
  }
}
