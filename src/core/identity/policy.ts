/**
 * Who may do what: for each action the least level, by default and as the operator's policy file changes it. Products bring
 * their actions; the file is read elsewhere, here it is a value that is checked. Pure. Invariant: there is no policy with an
 * action or a level that is not known, so a typing error never opens or closes anything.
 */
import * as z from 'zod';
import { praasError } from '../errors/errors.ts';
import { LEVELS, type Level, type Requester, type Role } from './requester.ts';

/** An action as its product declares it. */
export interface ActionSpec {
  /** The least level that may, by default. */
  readonly level: Level;
  /** Completes "may not …": `list mappings`. */
  readonly description: string;
}

/** By name, such as `mapping:list`. */
export type Actions = Readonly<Record<string, ActionSpec>>;

export interface AccessPolicy {
  /** Throws a plain error, a mistake of ours, for an action that no product declares. */
  allows(requester: Requester, action: string): boolean;
  /** The least level that may. */
  level(action: string): Level;
  /** Completes "may not …". */
  describe(action: string): string;
  /** The role of somebody with these roles in Keystone, the highest of several; undefined when none of them counts here. */
  roleOf(keystoneRoles: readonly string[]): Role | undefined;
}

/** Throws FORBIDDEN when the policy does not let the requester do that. */
export function requireAction(policy: AccessPolicy, requester: Requester, action: string): void {
  if (policy.allows(requester, action)) return;
  throw praasError('FORBIDDEN', { who: String(requester), what: policy.describe(action) });
}

/** Which roles of Keystone count as which here. Capitals make no difference, as in Keystone. */
type RoleNames = Readonly<Record<Role, readonly string[]>>;

const DEFAULT_NAMES: RoleNames = { reader: ['reader'], member: ['member', '_member_'], admin: ['admin'] };
const HIGHEST_FIRST: readonly Role[] = ['admin', 'member', 'reader'];

const Names = z
  .array(z.string('the name of a role').min(1, 'the name of a role'), 'a list of names of roles')
  .exactOptional();
const Roles = z.strictObject({ reader: Names, member: Names, admin: Names }, 'roles with their names');
const LevelSchema = z.enum(LEVELS, `one of ${LEVELS.join(', ')}`);

/** The policy that holds where no file says anything else. */
export function defaultPolicy(actions: Actions): AccessPolicy {
  return new TablePolicy(actions, {}, DEFAULT_NAMES);
}

/** Takes what the policy file at `path` says; what it does not say is as by default. Throws POLICY_INVALID. */
export function policyFrom(value: unknown, path: string, actions: Actions): AccessPolicy {
  const names = Object.keys(actions);
  const Levels = z.partialRecord(z.enum(names), LevelSchema, 'actions with levels');
  // Nothing stands behind a key whose lines are all comments.
  const PolicyFile = z
    .strictObject({ roles: Roles.nullish(), actions: Levels.nullish() }, 'roles and actions')
    .nullish();
  const { data, error } = PolicyFile.safeParse(value);
  if (error) throw praasError('POLICY_INVALID', { path, reason: reasonOf(error.issues[0], names) });
  return new TablePolicy(actions, (data?.actions ?? {}) as Readonly<Record<string, Level>>, {
    ...DEFAULT_NAMES,
    ...data?.roles,
  });
}

class TablePolicy implements AccessPolicy {
  readonly #actions: Actions;
  readonly #levels: Readonly<Record<string, Level>>;
  readonly #names: RoleNames;

  constructor(actions: Actions, levels: Readonly<Record<string, Level>>, names: RoleNames) {
    this.#actions = actions;
    this.#levels = levels;
    this.#names = names;
  }

  allows(requester: Requester, action: string): boolean {
    return LEVELS.indexOf(requester.level) >= LEVELS.indexOf(this.level(action));
  }

  level(action: string): Level {
    return this.#levels[action] ?? this.#spec(action).level;
  }

  describe(action: string): string {
    return this.#spec(action).description;
  }

  roleOf(keystoneRoles: readonly string[]): Role | undefined {
    const given = new Set(keystoneRoles.map((name) => name.toLowerCase()));
    return HIGHEST_FIRST.find((role) => this.#names[role].some((name) => given.has(name.toLowerCase())));
  }

  #spec(action: string): ActionSpec {
    const spec = this.#actions[action];
    if (spec === undefined) throw new Error(`no product declares the action ${action}`);
    return spec;
  }
}

function reasonOf(issue: z.core.$ZodIssue | undefined, actions: readonly string[]): string {
  const known: Readonly<Record<string, readonly string[]>> = {
    '': ['roles', 'actions'],
    roles: HIGHEST_FIRST,
    actions,
  };
  const where = issue?.path.join('.') ?? '';
  if (issue?.code !== 'unrecognized_keys') return `${where === '' ? 'it' : where} has to be ${issue?.message}`;
  const place = where === '' ? '' : ` in ${where}`;
  return `there is no ${JSON.stringify(issue.keys[0])}${place}; there are: ${(known[where] ?? []).join(', ')}`;
}
