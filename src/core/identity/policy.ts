/**
 * Who may do what: for each action the least level, by default and as the operator's policy file changes it. The file is
 * read elsewhere; here it is a value that is checked. Pure. Invariant: there is no policy with an action or a level that is
 * not known here, so a typing error never opens or closes anything.
 */
import * as z from 'zod';
import { praasError } from '../errors/errors.ts';
import type { Principal, Role } from './authenticator.ts';

/** Least first. An operator is an admin of all projects; what `nobody` may, not even an operator may. */
export const LEVELS = ['reader', 'member', 'admin', 'operator', 'nobody'] as const;
export type Level = (typeof LEVELS)[number];

const DEFAULTS = {
  'mapping:list': 'reader',
  'mapping:show': 'reader',
  'mapping:connections': 'reader',
  'mapping:check': 'reader',
  'mapping:create': 'member',
  'mapping:create:any-port': 'admin',
  'mapping:create:any-target': 'admin',
  'mapping:update': 'member',
  'mapping:delete': 'member',
  'mapping:force': 'operator',
  'mapping:follow': 'operator',
  'event:list': 'reader',
  'router:list': 'reader',
  'router:show': 'reader',
  'router:details': 'operator',
  'router:sync': 'operator',
  'router:import': 'operator',
  'server:list': 'reader',
  'quota:show': 'reader',
  'quota:set': 'operator',
} as const satisfies Readonly<Record<string, Level>>;

export type Action = keyof typeof DEFAULTS;
export const ACTIONS = Object.keys(DEFAULTS) as readonly Action[];

export interface AccessPolicy {
  allows(principal: Principal, action: Action): boolean;
  /** The least level that may. */
  level(action: Action): Level;
  /** The role of somebody with these roles in Keystone, the highest of several; undefined when none of them counts here. */
  roleOf(keystone_roles: readonly string[]): Role | undefined;
}

/** Which roles of Keystone count as which here. Capitals make no difference, as in Keystone. */
type RoleNames = Readonly<Record<Role, readonly string[]>>;

const DEFAULT_NAMES: RoleNames = { reader: ['reader'], member: ['member', '_member_'], admin: ['admin'] };
const HIGHEST_FIRST: readonly Role[] = ['admin', 'member', 'reader'];

const Names = z
  .array(z.string('the name of a role').min(1, 'the name of a role'), 'a list of names of roles')
  .exactOptional();
const Roles = z.strictObject({ reader: Names, member: Names, admin: Names }, 'roles with their names');
const Levels = z.partialRecord(z.enum(ACTIONS), z.enum(LEVELS, `one of ${LEVELS.join(', ')}`), 'actions with levels');
/** Nothing stands behind a key whose lines are all comments. */
const PolicyFile = z.strictObject({ roles: Roles.nullish(), actions: Levels.nullish() }, 'roles and actions').nullish();

/** What there is instead of a key that there is not. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  '': ['roles', 'actions'],
  roles: HIGHEST_FIRST,
  actions: ACTIONS,
};

/** Takes what the policy file at `path` says; what it does not say is as by default. Throws POLICY_INVALID. */
export function policyFrom(value: unknown, path: string): AccessPolicy {
  const { data, error } = PolicyFile.safeParse(value);
  if (error) throw praasError('POLICY_INVALID', { path, reason: reasonOf(error.issues[0]) });
  return new TablePolicy({ ...DEFAULTS, ...data?.actions }, { ...DEFAULT_NAMES, ...data?.roles });
}

class TablePolicy implements AccessPolicy {
  readonly #levels: Readonly<Record<Action, Level>>;
  readonly #names: RoleNames;

  constructor(levels: Readonly<Record<Action, Level>>, names: RoleNames) {
    this.#levels = levels;
    this.#names = names;
  }

  allows(principal: Principal, action: Action): boolean {
    return LEVELS.indexOf(levelOf(principal)) >= LEVELS.indexOf(this.#levels[action]);
  }

  level(action: Action): Level {
    return this.#levels[action];
  }

  roleOf(keystone_roles: readonly string[]): Role | undefined {
    const given = new Set(keystone_roles.map((name) => name.toLowerCase()));
    return HIGHEST_FIRST.find((role) => this.#names[role].some((name) => given.has(name.toLowerCase())));
  }
}

export const DEFAULT_POLICY: AccessPolicy = new TablePolicy(DEFAULTS, DEFAULT_NAMES);

function levelOf({ role, project_id }: Principal): Level {
  return role === 'admin' && project_id === null ? 'operator' : role;
}

function reasonOf(issue: z.core.$ZodIssue | undefined): string {
  const where = issue?.path.join('.') ?? '';
  if (issue?.code !== 'unrecognized_keys') return `${where === '' ? 'it' : where} has to be ${issue?.message}`;
  const place = where === '' ? '' : ` in ${where}`;
  return `there is no ${JSON.stringify(issue.keys[0])}${place}; there are: ${(KNOWN[where] ?? []).join(', ')}`;
}
