/** Who asks, and what they may do. How that is found out is the Authenticator's: a token file, or Keystone. */

/** `reader` looks, `member` changes what belongs to its project, `admin` may choose any port and address in it; with no project, everything everywhere. */
export const ROLES = ['admin', 'member', 'reader'] as const;
export type Role = (typeof ROLES)[number];

export interface Principal {
  /** For logs and messages. */
  readonly name: string;
  readonly role: Role;
  /** The project whose mappings they see; null: all projects. A member always has one. */
  readonly project_id: string | null;
}

export interface Authenticator {
  /**
   * Gives whose token that is; undefined when it is nobody's.
   * Throws an error of the catalogue when that cannot be found out now.
   */
  authenticate(token: string): Promise<Principal | undefined>;
}

/** Whoever can open root's socket. */
export const ROOT: Principal = { name: 'root', role: 'admin', project_id: null };
