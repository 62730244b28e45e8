/**
 * Who makes a request: root on the node, the owner of a token, or a part of praas that acts by itself. There is one type for all
 * of them, so that what a requester may see is decided in one place.
 */

/** `reader` reads, `member` changes resources of its project, `admin` has all rights in it; without a project they apply to all projects. */
export const ROLES = ['admin', 'member', 'reader'] as const;
export type Role = (typeof ROLES)[number];

/** Lowest first. An operator is an admin of all projects; the level `none` denies an action to all requesters. */
export const LEVELS = ['reader', 'member', 'admin', 'operator', 'none'] as const;
export type Level = (typeof LEVELS)[number];

/**
 * `operator` is a user who sees all projects, whatever the role, and so wider than the level of that name; `tenant` sees one. The
 * others are parts of praas. Events store these words and the API shows them, so none is renamed.
 */
export const REQUESTER_KINDS = ['operator', 'tenant', 'monitor', 'expiry', 'agent'] as const;
export type RequesterKind = (typeof REQUESTER_KINDS)[number];

export interface RequesterFields {
  /** Shown in logs and messages. */
  readonly name: string;
  readonly role: Role;
  /** The project whose resources the requester sees; null: all projects. A member always has one. */
  readonly projectId: string | null;
  /** Left out for users: it follows from the project. */
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

  /** The level of the policy that the requester has. */
  get level(): Exclude<Level, 'none'> {
    return this.role === 'admin' && this.seesAll ? 'operator' : this.role;
  }

  /** Whose requests share the limits of one caller: those of a project, or of a token without one. */
  get caller(): string {
    return this.projectId === null ? `name ${this.name}` : `project ${this.projectId}`;
  }

  /** True when the requester sees the resources of all projects, and those without a project. */
  get seesAll(): boolean {
    return this.projectId === null;
  }

  /** True when the requester sees resources of that project (null: without a project). */
  sees(projectId: string | null): boolean {
    return this.seesAll || projectId === this.projectId;
  }

  /** For messages: `ci (member)`. */
  toString(): string {
    return `${this.name} (${this.role})`;
  }
}

/** Root on the node: a command without a daemon, or the socket that only root may open. */
export const ROOT = new Requester({ name: 'root', role: 'admin', projectId: null });
