/**
 * Authentication by Keystone tokens. Results are cached for a minute at most and never beyond the expiry of the token, so that a
 * revoked role or token soon ends. The cache holds hashes of tokens, never tokens. While Keystone is unavailable, cached requesters
 * continue and all others get CLOUD_UNAVAILABLE, which is not the same as an invalid token.
 */
import type { Clock, SteadyClock } from '../core/clock.ts';
import { praasError } from '../core/errors/errors.ts';
import type { Authenticator } from '../core/identity/authenticator.ts';
import { Requester, type Role } from '../core/identity/requester.ts';
import { hashToken } from '../core/identity/token.ts';
import type { Identity, TokenOwner } from './identity.ts';

interface KeystoneAuthenticatorParts {
  readonly identity: Pick<Identity, 'ownerOf'>;
  /** Gives the role in praas of a user with these Keystone roles; undefined: none. */
  readonly roleOf: (roles: readonly string[]) => Role | undefined;
  readonly clock: Clock & SteadyClock;
}

interface CachedRequester {
  readonly requester: Requester | undefined;
  /** Thrown for a valid token of another scope, or without a role in praas. */
  readonly error?: Error | undefined;
  /** Of the steady clock. */
  readonly untilMs: number;
}

const CACHE_MS = 60_000;
/** A rejected token may be valid once a replica of Keystone catches up; until then, repeated attempts must cost Keystone little. */
const REJECTED_CACHE_MS = 5000;
const MAX_CACHED = 10_000;

export class KeystoneAuthenticator implements Authenticator {
  readonly #parts: KeystoneAuthenticatorParts;
  /** By the hash of the token, oldest first. */
  readonly #cache = new Map<string, CachedRequester>();
  /** Requests to Keystone under way, by the hash of the token. */
  readonly #pending = new Map<string, Promise<Requester | undefined>>();

  constructor(parts: KeystoneAuthenticatorParts) {
    this.#parts = parts;
  }

  /**
   * Throws WRONG_SCOPE for a token that is neither scoped to a project nor to the system, FORBIDDEN for a user without a role
   * in praas, CLOUD_UNAVAILABLE for a token not in the cache while Keystone is unavailable.
   */
  async authenticate(token: string): Promise<Requester | undefined> {
    const hash = await hashToken(token);
    const cached = this.#cache.get(hash);
    if (cached !== undefined && this.#parts.clock.elapsedMs() < cached.untilMs) return resultOf(cached);
    const pending = this.#pending.get(hash) ?? this.#validate(token, hash).finally(() => this.#pending.delete(hash));
    this.#pending.set(hash, pending);
    return pending;
  }

  async #validate(token: string, hash: string): Promise<Requester | undefined> {
    const { identity, clock } = this.#parts;
    const requestedMs = clock.elapsedMs();
    const owner = await identity.ownerOf(token);
    const nowMs = clock.elapsedMs();
    const lifetimeMs = owner === undefined ? 0 : Date.parse(owner.expiresAt) - clock.now().getTime();
    const isLive = owner !== undefined && lifetimeMs > 0;
    const error = isLive ? this.#whyRefused(owner) : undefined;
    const requester = isLive ? this.#requesterOf(owner) : undefined;
    // A missing role may be assigned at any moment.
    const endsMs = nowMs + (owner === undefined || error ? REJECTED_CACHE_MS : lifetimeMs);
    const result = { requester, error, untilMs: Math.min(endsMs, requestedMs + CACHE_MS) };
    this.#cache.delete(hash);
    this.#cache.set(hash, result);
    this.#evict(nowMs);
    return resultOf(result);
  }

  /** Why the owner of a valid token is no requester. */
  #whyRefused(owner: TokenOwner): Error | undefined {
    if (!hasScope(owner)) {
      const scope = owner.domainName === null ? 'none' : 'a domain';
      return praasError('WRONG_SCOPE', { who: displayName(owner), scope });
    }
    return this.#parts.roleOf(owner.roles) === undefined ? roleError(owner) : undefined;
  }

  #requesterOf(owner: TokenOwner): Requester | undefined {
    const { projectId, isSystem, roles } = owner;
    const role = this.#parts.roleOf(roles);
    if (role === undefined || !hasScope(owner)) return undefined;
    const name = displayName(owner);
    if (!isSystem) return new Requester({ name, role, projectId });
    // With system scope, an admin is an operator and a member only reads: the changes of a member belong to a project.
    return new Requester({ name, role: role === 'admin' ? 'admin' : 'reader', projectId: null });
  }

  /** Drops expired results, and the oldest ones when there are too many. */
  #evict(nowMs: number): void {
    for (const [hash, { untilMs }] of this.#cache) {
      if (untilMs > nowMs && this.#cache.size <= MAX_CACHED) return;
      this.#cache.delete(hash);
    }
  }
}

/** The resources here belong to projects: a token of a domain, or of nothing, has access to none of them. */
function hasScope({ projectId, isSystem }: TokenOwner): boolean {
  return projectId !== null || isSystem;
}

/** Throws for a user without a role or scope: the token is valid, so it is not counted as a failed authentication. */
function resultOf({ requester, error }: CachedRequester): Requester | undefined {
  if (error) throw error;
  return requester;
}

function displayName(owner: TokenOwner): string {
  return `${owner.userName} of ${scopeName(owner)}`;
}

function scopeName({ projectName, domainName, isSystem }: TokenOwner): string {
  if (isSystem) return 'the system';
  if (projectName !== null) return `project ${projectName}`;
  return domainName === null ? 'no project' : `domain ${domainName}`;
}

function roleError(owner: TokenOwner): Error {
  const roles = owner.roles.join(', ') || 'none';
  return praasError('FORBIDDEN', {
    who: displayName(owner),
    what: `use this API: none of its Keystone roles is allowed (${roles})`,
  });
}
