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
  readonly untilMs: number;
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
    if (known !== undefined && this.#parts.clock.now().getTime() < known.untilMs) return entered(known);
    const asking = this.#asking.get(hash) ?? this.#ask(token, hash).finally(() => this.#asking.delete(hash));
    this.#asking.set(hash, asking);
    return asking;
  }

  async #ask(token: string, hash: string): Promise<Requester | undefined> {
    const { identity, clock } = this.#parts;
    const askedMs = clock.now().getTime();
    const owner = await identity.ownerOf(token);
    const nowMs = clock.now().getTime();
    const isLive = owner !== undefined && Date.parse(owner.expires_at) > nowMs;
    const refusal = isLive && this.#parts.roleOf(owner.roles) === undefined ? noRole(owner) : undefined;
    const requester = isLive ? this.#requesterOf(owner) : undefined;
    // A role may be given any moment, and a bad token be a good one.
    const endsMs = owner === undefined || refusal ? nowMs + REFUSED_MS : Date.parse(owner.expires_at);
    const answer = { requester, refusal, untilMs: Math.min(endsMs, askedMs + KEPT_MS) };
    this.#known.delete(hash);
    this.#known.set(hash, answer);
    this.#forgetOld(nowMs);
    return entered(answer);
  }

  /** A token for a domain, or for nothing, says nothing of any project. */
  #requesterOf({ user_name, project_id, project_name, isSystem, roles }: TokenOwner): Requester | undefined {
    const role = this.#parts.roleOf(roles);
    if (role === undefined || (project_id === null && !isSystem)) return undefined;
    const name = nameOf({ user_name, project_name, isSystem });
    if (!isSystem) return new Requester({ name, role, projectId: project_id });
    // Who works on the whole system is an operator, or looks: a member's changes belong to a project.
    return new Requester({ name, role: role === 'admin' ? 'admin' : 'reader', projectId: null });
  }

  /** The oldest go first: the order of the map is that of their answers. */
  #forgetOld(nowMs: number): void {
    for (const [hash, { untilMs }] of this.#known) {
      if (untilMs > nowMs && this.#known.size <= MOST_KEPT) return;
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
  isSystem,
}: Pick<TokenOwner, 'user_name' | 'project_name' | 'isSystem'>): string {
  const where = isSystem ? 'the system' : project_name === null ? 'no project' : `project ${project_name}`;
  return `${user_name} of ${where}`.replaceAll(UNPRINTABLE, '?');
}

function noRole(owner: TokenOwner): Error {
  const roles = owner.roles.join(', ').replaceAll(UNPRINTABLE, '?') || 'none';
  return praasError('FORBIDDEN', {
    who: nameOf(owner),
    what: `use this API: none of its roles counts here (${roles})`,
  });
}
