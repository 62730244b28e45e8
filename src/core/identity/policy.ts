/**
 * Who may do what: the lowest level that each action requires, by default and as changed by the operator's policy file. Products
 * declare their actions; the file is read elsewhere and validated here. Pure. Invariant: no policy has an unknown action or level,
 * so a typing error never grants or denies anything.
 */
import * as z from 'zod';
import { praasError } from '../errors/errors.ts';
import { nearest } from '../values/nearest.ts';
import { LEVELS, type Level, type Requester, type Role } from './requester.ts';

/** An action as its product declares it. */
interface ActionSpec {
  /** The lowest level that may do this, by default. */
  readonly level: Level;
  /** Completes "may not …": `list servers`. */
  readonly description: string;
}

/** By name, such as `server:list`. */
export type Actions = Readonly<Record<string, ActionSpec>>;

export interface AccessPolicy {
  /** Throws a plain error, which is a bug in praas, for an action that no product declares. */
  allows(requester: Requester, action: string): boolean;
  /** The lowest level that may do this. */
  level(action: string): Level;
  /** Completes "may not …". */
  describe(action: string): string;
  /** The role of a user with these Keystone roles, the highest of several; undefined when none of them maps to a role. */
  roleOf(keystoneRoles: readonly string[]): Role | undefined;
}

/** Throws FORBIDDEN when the policy does not allow the action to the requester. */
export function requireAction(policy: AccessPolicy, requester: Requester, action: string): void {
  if (policy.allows(requester, action)) return;
  throw praasError('FORBIDDEN', { who: String(requester), what: policy.describe(action), action });
}

/** The Keystone roles that map to each role. Case is ignored, as in Keystone. */
type RoleNames = Readonly<Record<Role, readonly string[]>>;

const DEFAULT_NAMES: RoleNames = { reader: ['reader'], member: ['member', '_member_'], admin: ['admin'] };
const HIGHEST_FIRST: readonly Role[] = ['admin', 'member', 'reader'];

const RoleNamesSchema = z
  .array(z.string('the name of a role').min(1, 'the name of a role'), 'a list of names of roles')
  .exactOptional();
const Roles = z.strictObject(
  { reader: RoleNamesSchema, member: RoleNamesSchema, admin: RoleNamesSchema },
  'roles with their names',
);
/** `nobody` is the old name of `none`. */
const LevelSchema = z.preprocess(
  (level) => (level === 'nobody' ? 'none' : level),
  z.enum(LEVELS, `one of ${LEVELS.join(', ')}`),
);

/** Gives the policy that applies without a policy file. */
export function defaultPolicy(actions: Actions): AccessPolicy {
  return new TablePolicy(actions, {}, DEFAULT_NAMES);
}

/** Takes the content of the policy file at `path`; everything that it leaves out is as by default. Throws POLICY_INVALID. */
export function parsePolicy(value: unknown, path: string, actions: Actions): AccessPolicy {
  const names = Object.keys(actions);
  const Levels = z.partialRecord(z.enum(names), LevelSchema, 'actions with levels');
  // A key whose lines are all comments has no value.
  const PolicyFile = z
    .strictObject({ roles: Roles.nullish(), actions: Levels.nullish() }, 'roles and actions')
    .nullish();
  const { data, error } = PolicyFile.safeParse(value);
  if (error) throw praasError('POLICY_INVALID', { path, reason: policyReason(error.issues[0], names) });
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

function policyReason(issue: z.core.$ZodIssue | undefined, actions: readonly string[]): string {
  const known: Readonly<Record<string, readonly string[]>> = {
    '': ['roles', 'actions'],
    roles: HIGHEST_FIRST,
    actions,
  };
  const where = issue?.path.join('.') ?? '';
  if (issue?.code !== 'unrecognized_keys') return `${where === '' ? 'the file' : where} must be ${issue?.message}`;
  const inside = where === '' ? '' : ` in ${where}`;
  const [key = ''] = issue.keys;
  const allowed = known[where] ?? [];
  const guess = nearest(key, allowed);
  const hint = guess === undefined ? `allowed: ${allowed.join(', ')}` : `did you mean ${guess}?`;
  return `unknown key ${JSON.stringify(key)}${inside}; ${hint}`;
}
