/** The policy in force at the time of each call: a running daemon reloads its policy file. */
import type { AccessPolicy } from './policy.ts';
import type { Level, Requester, Role } from './requester.ts';

export class LivePolicy implements AccessPolicy {
  #current: AccessPolicy;

  constructor(initial: AccessPolicy) {
    this.#current = initial;
  }

  /** Puts another policy in force. */
  replace(next: AccessPolicy): void {
    this.#current = next;
  }

  allows(requester: Requester, action: string): boolean {
    return this.#current.allows(requester, action);
  }

  level(action: string): Level {
    return this.#current.level(action);
  }

  describe(action: string): string {
    return this.#current.describe(action);
  }

  roleOf(keystoneRoles: readonly string[]): Role | undefined {
    return this.#current.roleOf(keystoneRoles);
  }
}
