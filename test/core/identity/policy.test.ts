import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { LivePolicy } from '../../../src/core/identity/live-policy.ts';
import { type AccessPolicy, parsePolicy as policyOfFile } from '../../../src/core/identity/policy.ts';
import { LEVELS, type Level, Requester, type Role } from '../../../src/core/identity/requester.ts';
import { PAT_ACTIONS, type PatAction } from '../../../src/pat/actions.ts';
import { errorOf } from '../../support/fake-node.ts';
import { POLICY_BY_DEFAULT } from '../../support/requests.ts';

const PATH = '/srv/policy.yaml';
const ACTIONS = Object.keys(PAT_ACTIONS) as PatAction[];
const policyFrom = (value: unknown, path: string): AccessPolicy => policyOfFile(value, path, PAT_ACTIONS);
const who = (role: Role, projectId: string | null = 'blue'): Requester =>
  new Requester({ name: 'ann', role, projectId });
const CALLERS: readonly (readonly [Level, Requester])[] = [
  ['reader', who('reader')],
  ['member', who('member')],
  ['admin', who('admin')],
  ['operator', who('admin', null)],
];

/** The table of docs/policy.md: action, least level. */
const ROWS = [
  ...readFileSync(new URL('../../../docs/policy.md', import.meta.url), 'utf8').matchAll(
    /^\| `([a-z:-]+)` \| (\w+) \|/gm,
  ),
].map(([, action = '', level = '']) => [action, level] as const);

test('docs/policy.md has one row for every action, and no other', () => {
  expect(ROWS.map(([action]) => action)).toEqual([...ACTIONS]);
});

test.each(ROWS)('by default the least level for %s is %s', (action, level) => {
  const asked = action as PatAction;
  const allowed = CALLERS.filter(([, caller]) => POLICY_BY_DEFAULT.allows(caller, asked)).map(([name]) => name);

  expect(allowed).toEqual(LEVELS.slice(LEVELS.indexOf(level as Level), -1));
  expect(POLICY_BY_DEFAULT.level(asked)).toBe(level);
});

test('a reader of all projects is not an operator', () => {
  expect(POLICY_BY_DEFAULT.allows(who('reader', null), 'mapping:create')).toBe(false);
  expect(POLICY_BY_DEFAULT.allows(who('member', null), 'router:sync')).toBe(false);
});

test('a file changes what it names and nothing else', () => {
  const policy = policyFrom({ actions: { 'router:sync': 'member', 'mapping:list': 'admin' } }, PATH);

  expect(policy.allows(who('member'), 'router:sync')).toBe(true);
  expect(policy.allows(who('reader'), 'router:sync')).toBe(false);
  expect(policy.allows(who('member'), 'mapping:list')).toBe(false);
  const changed = ACTIONS.filter((action) => policy.level(action) !== POLICY_BY_DEFAULT.level(action));
  expect(changed).toEqual(['mapping:list', 'router:sync']);
});

test.each(['none', 'nobody'])('the level %s denies an action to operators, too', (level) => {
  const policy = policyFrom({ actions: { 'mapping:update': level } }, PATH);

  expect(CALLERS.filter(([, caller]) => policy.allows(caller, 'mapping:update'))).toEqual([]);
});

test.each([[undefined], [null], [{}], [{ actions: null, roles: null }], [{ actions: {}, roles: {} }]])(
  '%j says nothing, and the defaults hold',
  (value) => {
    const policy = policyFrom(value, PATH);

    expect(ACTIONS.map((action) => policy.level(action))).toEqual(ACTIONS.map((each) => POLICY_BY_DEFAULT.level(each)));
    expect(policy.roleOf(['_member_'])).toBe('member');
  },
);

test.each([
  [{ actions: { 'mapping:lst': 'reader' } }, 'unknown key "mapping:lst" in actions; did you mean mapping:list?'],
  [
    { actions: { 'mapping:list': 'root' } },
    'actions.mapping:list must be one of reader, member, admin, operator, none',
  ],
  [{ actions: ['mapping:list'] }, 'actions must be actions with levels'],
  [{ action: {} }, 'unknown key "action"; did you mean actions?'],
  [{ roles: { boss: ['admin'] } }, 'unknown key "boss" in roles; allowed: admin, member, reader'],
  [{ roles: { admin: 'admin' } }, 'roles.admin must be a list of names of roles'],
  [{ roles: { admin: [7] } }, 'roles.admin.0 must be the name of a role'],
  [{ roles: { admin: null } }, 'roles.admin must be a list of names of roles'],
  ['reader', 'the file must be roles and actions'],
  [[], 'the file must be roles and actions'],
])('%j is refused with the file, the key and what is allowed', async (value, reason) => {
  const error = await errorOf(() => policyFrom(value, PATH));

  expect(error.code).toBe('POLICY_INVALID');
  expect(error.facts).toMatchObject({ path: PATH, reason: expect.stringContaining(reason) });
});

test.each([
  [['reader'], 'reader'],
  [['member', 'reader'], 'member'],
  [['reader', 'Admin', 'member'], 'admin'],
  [['_member_'], 'member'],
  [['manager', 'heat_stack_user'], undefined],
  [[], undefined],
] as const)('in Keystone %j is here %s', (names, role) => {
  expect(POLICY_BY_DEFAULT.roleOf(names)).toBe(role);
});

test('a file sets the roles of Keystone that count, role by role', () => {
  const policy = policyFrom({ roles: { member: ['Publisher'], reader: [] } }, PATH);

  expect(policy.roleOf(['publisher'])).toBe('member');
  expect(policy.roleOf(['member', 'reader'])).toBeUndefined();
  expect(policy.roleOf(['admin'])).toBe('admin');
});

test('the policy in force is the default one until another is taken, and then that one', () => {
  const live = new LivePolicy(POLICY_BY_DEFAULT);
  const before = live.allows(who('member'), 'router:sync');

  live.replace(policyFrom({ actions: { 'router:sync': 'member' }, roles: { reader: ['watcher'] } }, PATH));

  expect([before, live.allows(who('member'), 'router:sync')]).toEqual([false, true]);
  expect([live.level('router:sync'), live.roleOf(['watcher'])]).toEqual(['member', 'reader']);
});

test('an action that no product declares is a mistake of ours, not a refusal', () => {
  expect(() => POLICY_BY_DEFAULT.allows(who('admin', null), 'mapping:lst')).toThrow('mapping:lst');
});
