/** The policy in force, whichever that is when somebody asks: a running daemon reads its file again. */
import type { Principal, Role } from './authenticator.ts';
import { type AccessPolicy, type Action, DEFAULT_POLICY, type Level } from './policy.ts';

export class LivePolicy implements AccessPolicy {
  #current: AccessPolicy = DEFAULT_POLICY;

  take(next: AccessPolicy): void {
    this.#current = next;
  }

  allows(principal: Principal, action: Action): boolean {
    return this.#current.allows(principal, action);
  }

  level(action: Action): Level {
    return this.#current.level(action);
  }

  roleOf(keystone_roles: readonly string[]): Role | undefined {
    return this.#current.roleOf(keystone_roles);
  }
}
