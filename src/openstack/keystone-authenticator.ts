/**
 * Who asks, by a Keystone token. An answer is kept for a minute at most, and never longer than the token lives, so that a
 * role or a token that is taken away ends soon. Kept is the hash of a token, never the token. Keystone away is not the same
 * as a bad token: who is known goes on, others are told to come again.
 */
import type { Clock } from '../core/clock.ts';
import { praasError } from '../core/errors/errors.ts';
import type { Authenticator } from '../core/identity/authenticator.ts';
import { Requester, type Role } from '../core/identity/requester.ts';
import { hashToken } from '../core/identity/token.ts';
import type { Identity, TokenOwner } from './identity.ts';

export interface KeystoneAuthenticatorParts {
  readonly identity: Pick<Identity, 'ownerOf'>;
  /** Which of our roles somebody with these Keystone roles has; undefined: none. */
  readonly roleOf: (roles: readonly string[]) => Role | undefined;
  readonly clock: Clock;
}

interface Known {
  readonly requester: Requester | undefined;
  /** Why somebody who is known may not enter. */
  readonly refusal?: Error | undefined;
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
  readonly #asking = new Map<string, Promise<Requester | undefined>>();

  constructor(parts: KeystoneAuthenticatorParts) {
    this.#parts = parts;
  }

  /** Throws FORBIDDEN for somebody without a role that counts, CLOUD_UNAVAILABLE for a token that is not known while Keystone cannot be asked. */
  async authenticate(token: string): Promise<Requester | undefined> {
    const hash = await hashToken(token);
    const known = this.#known.get(hash);
    if (known !== undefined && this.#parts.clock.now().getTime() < known.until_ms) return entered(known);
    const asking = this.#asking.get(hash) ?? this.#ask(token, hash).finally(() => this.#asking.delete(hash));
    this.#asking.set(hash, asking);
    return asking;
  }

  async #ask(token: string, hash: string): Promise<Requester | undefined> {
    const { identity, clock } = this.#parts;
    const asked_ms = clock.now().getTime();
    const owner = await identity.ownerOf(token);
    const now_ms = clock.now().getTime();
    const is_live = owner !== undefined && Date.parse(owner.expires_at) > now_ms;
    const refusal = is_live && this.#parts.roleOf(owner.roles) === undefined ? noRole(owner) : undefined;
    const requester = is_live ? this.#requesterOf(owner) : undefined;
    // A role may be given any moment, and a bad token be a good one.
    const ends_ms = owner === undefined || refusal ? now_ms + REFUSED_MS : Date.parse(owner.expires_at);
    const answer = { requester, refusal, until_ms: Math.min(ends_ms, asked_ms + KEPT_MS) };
    this.#known.delete(hash);
    this.#known.set(hash, answer);
    this.#forgetOld(now_ms);
    return entered(answer);
  }

  /** A token for a domain, or for nothing, says nothing of any project. */
  #requesterOf({ user_name, project_id, project_name, is_system, roles }: TokenOwner): Requester | undefined {
    const role = this.#parts.roleOf(roles);
    if (role === undefined || (project_id === null && !is_system)) return undefined;
    const name = nameOf({ user_name, project_name, is_system });
    if (!is_system) return new Requester({ name, role, projectId: project_id });
    // Who works on the whole system is an operator, or looks: a member's changes belong to a project.
    return new Requester({ name, role: role === 'admin' ? 'admin' : 'reader', projectId: null });
  }

  /** The oldest go first: the order of the map is that of their answers. */
  #forgetOld(now_ms: number): void {
    for (const [hash, { until_ms }] of this.#known) {
      if (until_ms > now_ms && this.#known.size <= MOST_KEPT) return;
      this.#known.delete(hash);
    }
  }
}

/** Who has no role that counts is known all the same: coming again is no guessing of tokens. */
function entered({ requester, refusal }: Known): Requester | undefined {
  if (refusal) throw refusal;
  return requester;
}

function nameOf({
  user_name,
  project_name,
  is_system,
}: Pick<TokenOwner, 'user_name' | 'project_name' | 'is_system'>): string {
  const where = is_system ? 'the system' : project_name === null ? 'no project' : `project ${project_name}`;
  return `${user_name} of ${where}`.replaceAll(UNPRINTABLE, '?');
}

function noRole(owner: TokenOwner): Error {
  const roles = owner.roles.join(', ').replaceAll(UNPRINTABLE, '?') || 'none';
  return praasError('FORBIDDEN', {
    who: nameOf(owner),
    what: `use this API: none of its roles counts here (${roles})`,
  });
}
