/**
 * Who asks, whatever for: root on the node, the owner of a token, or a part of praas that acts by itself. One type for all
 * of them, so that what a requester may see is decided in one place.
 */

/** `reader` looks, `member` changes what belongs to its project, `admin` does more in it; with no project, everything everywhere. */
export const ROLES = ['admin', 'member', 'reader'] as const;
export type Role = (typeof ROLES)[number];

/** Least first. An operator is an admin of all projects; what `nobody` may, not even an operator may. */
export const LEVELS = ['reader', 'member', 'admin', 'operator', 'nobody'] as const;
export type Level = (typeof LEVELS)[number];

/** `operator` sees all projects, `tenant` one; the others are parts of praas. */
export const REQUESTER_KINDS = ['operator', 'tenant', 'monitor', 'expiry', 'agent'] as const;
export type RequesterKind = (typeof REQUESTER_KINDS)[number];

export interface RequesterFields {
  /** For logs and messages. */
  readonly name: string;
  readonly role: Role;
  /** The project whose resources they see; null: all projects. A member always has one. */
  readonly projectId: string | null;
  /** Left out for people and programs: it follows from the project. */
  readonly kind?: RequesterKind;
}

export class Requester {
  readonly name: string;
  readonly role: Role;
  readonly projectId: string | null;
  readonly kind: RequesterKind;

  constructor({ name, role, projectId, kind }: RequesterFields) {
    this.name = name;
    this.role = role;
    this.projectId = projectId;
    this.kind = kind ?? (projectId === null ? 'operator' : 'tenant');
  }

  /** What of the policy's levels they have. */
  get level(): Exclude<Level, 'nobody'> {
    return this.role === 'admin' && this.seesAll ? 'operator' : this.role;
  }

  /** Sees the resources of all projects, and those of none. */
  get seesAll(): boolean {
    return this.projectId === null;
  }

  /** Whether a resource of that project (null: of none) exists for them. */
  sees(projectId: string | null): boolean {
    return this.seesAll || projectId === this.projectId;
  }

  /** For messages: `ci (member)`. */
  toString(): string {
    return `${this.name} (${this.role})`;
  }
}

/** Root on the node: by command, or by the socket that only root may open. */
export const ROOT = new Requester({ name: 'root', role: 'admin', projectId: null });
