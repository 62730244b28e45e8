/** Callers with Keystone tokens: who they are, how long that is believed, and Keystone away. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { RequesterFields } from '../../src/core/identity/requester.ts';
import { Identity, type TokenOwner } from '../../src/openstack/identity.ts';
import { KeystoneAuthenticator } from '../../src/openstack/keystone-authenticator.ts';
import type { FakeClock } from '../support/fake-clock.ts';
import type { FakeOpenStack, Row } from '../support/fake-openstack.ts';
import type { Trouble } from '../support/openstack-answers.ts';
import { POLICY_BY_DEFAULT } from '../support/requests.ts';
import { NOW } from '../support/samples.ts';
import { Account } from './support.ts';

const TOKEN = 'gAAAAAtenant';
const OWNER: TokenOwner = {
  userName: 'tenant',
  projectId: 'blue',
  projectName: 'Blue',
  domainName: null,
  isSystem: false,
  roles: ['member'],
  expiresAt: '2031-01-01T00:00:00Z',
};

/** Who has a token that was granted without more. */
const TENANT = { name: 'tenant of project Blue', role: 'member', projectId: 'blue' } as const;

let account: Account;
let fake: FakeOpenStack;
let clock: FakeClock;
let authenticator: KeystoneAuthenticator;

beforeEach(async () => {
  account = await Account.start();
  ({ fake, clock } = account);
  authenticator = new KeystoneAuthenticator({
    identity: new Identity(account.session()),
    roleOf: (roles) => POLICY_BY_DEFAULT.roleOf(roles),
    clock,
  });
  fake.grant(TOKEN, {});
});
afterEach(() => account.end());

const questions = (): number =>
  fake.asked.filter(({ method, path }) => method === 'GET' && path.includes('/auth/tokens')).length;

test('a member of a project', async () => {
  expect(await authenticator.authenticate(TOKEN)).toMatchObject(TENANT);
});

test.each([400, -30])(
  'a clock that jumps by %d days lets nobody stay longer: Keystone is asked after a minute',
  async (days) => {
    fake.grant(TOKEN, { expires_at: '2032-01-01T00:00:00Z' });
    await authenticator.authenticate(TOKEN);
    clock.set(new Date(clock.now().getTime() + days * 86_400_000));
    await authenticator.authenticate(TOKEN);
    expect(questions()).toBe(1);

    clock.advance(61);
    await authenticator.authenticate(TOKEN);
    expect(questions()).toBe(2);
  },
);

const rolesOf = (...names: string[]): Row => ({ roles: names.map((name) => ({ id: `id-of-${name}`, name })) });
const SYSTEM: Row = { project: undefined, system: { all: true } };

test.each<[string, Row, Partial<RequesterFields> | undefined]>([
  ['a reader of a project', rolesOf('reader'), { role: 'reader', projectId: 'blue' }],
  ['an admin of a project is one there, not everywhere', rolesOf('admin'), { role: 'admin', projectId: 'blue' }],
  ['the highest role counts', rolesOf('reader', 'admin', 'member'), { role: 'admin', projectId: 'blue' }],
  ['capitals make no difference', rolesOf('Member'), { role: 'member', projectId: 'blue' }],
  ['system scope is all projects', { ...SYSTEM, ...rolesOf('admin') }, { role: 'admin', projectId: null }],
  ['system scope does not make a reader an operator', { ...SYSTEM, ...rolesOf('reader') }, { role: 'reader' }],
  [
    'a member of the system looks: a change belongs to a project',
    { ...SYSTEM, ...rolesOf('member') },
    { role: 'reader' },
  ],
  ['one that has ended', { expires_at: new Date(Date.parse(NOW) - 1000).toISOString() }, undefined],
])('%s', async (_, fields, expected) => {
  fake.grant(TOKEN, fields);
  const requester = await authenticator.authenticate(TOKEN);
  if (expected === undefined) expect(requester).toBeUndefined();
  else expect(requester).toMatchObject(expected);
});

const DOMAIN: Row = { project: undefined, domain: { id: 'default', name: 'Default' } };

test.each<[string, Row, string, string]>([
  ['a domain', { ...DOMAIN, ...rolesOf('admin') }, 'a domain', 'tenant of domain Default'],
  ['a domain, without a role here', { ...DOMAIN, ...rolesOf('swift') }, 'a domain', 'tenant of domain Default'],
  ['nothing', { project: undefined, roles: undefined }, 'none', 'tenant of no project'],
  ['a part of the system', { project: undefined, system: {} }, 'none', 'tenant of no project'],
])(
  'a valid token of %s is refused with the scope that is required, and is no wrong token',
  async (_, fields, scope, who) => {
    fake.grant(TOKEN, fields);
    for (let times = 2; times > 0; times--)
      await expect(authenticator.authenticate(TOKEN)).rejects.toMatchObject({
        code: 'WRONG_SCOPE',
        facts: { who, scope },
      });
    expect(questions()).toBe(1);

    fake.grant(TOKEN, {});
    clock.advance(6);
    expect(await authenticator.authenticate(TOKEN)).toMatchObject(TENANT);
    fake.grant(TOKEN, { ...fields, expires_at: new Date(Date.parse(NOW) - 1000).toISOString() });
    clock.advance(61);
    expect(await authenticator.authenticate(TOKEN)).toBeUndefined();
  },
);

test.each([
  ['swift', rolesOf('swift')],
  ['none', { roles: [] }],
])(
  'without a role in praas (%s) a valid token is FORBIDDEN, and accepted soon after a role is assigned',
  async (said, fields) => {
    fake.grant(TOKEN, fields);
    await expect(authenticator.authenticate(TOKEN)).rejects.toMatchObject({
      code: 'FORBIDDEN',
      facts: { what: expect.stringContaining(`(${said})`) },
    });
    const asked = fake.asked.length;
    await expect(authenticator.authenticate(TOKEN)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(fake.asked.length).toBe(asked);

    fake.grant(TOKEN, rolesOf('member'));
    clock.advance(6);
    expect(await authenticator.authenticate(TOKEN)).toMatchObject({ role: 'member' });
  },
);

test('is asked once for a minute, also by many at the same time, and then again', async () => {
  await Promise.all([1, 2, 3].map(() => authenticator.authenticate(TOKEN)));
  clock.advance(59);
  await authenticator.authenticate(TOKEN);
  expect(questions()).toBe(1);

  clock.advance(2);
  fake.tokens.delete(TOKEN);
  expect(await authenticator.authenticate(TOKEN)).toBeUndefined();
  expect(questions()).toBe(2);
});

test('is believed no longer than the token lives', async () => {
  fake.grant(TOKEN, { expires_at: new Date(Date.parse(NOW) + 5000).toISOString() });
  expect(await authenticator.authenticate(TOKEN)).toMatchObject(TENANT);
  clock.advance(6);
  expect(await authenticator.authenticate(TOKEN)).toBeUndefined();
});

test('the minute counts from the question: what came slowly is not kept for longer', async () => {
  let asked = 0;
  const slow = new KeystoneAuthenticator({
    identity: {
      async ownerOf() {
        asked++;
        clock.advance(30);
        return OWNER;
      },
    },
    roleOf: () => 'member',
    clock,
  });
  await slow.authenticate(TOKEN);
  clock.advance(29);
  await slow.authenticate(TOKEN);
  expect(asked).toBe(1);

  clock.advance(1);
  await slow.authenticate(TOKEN);
  expect(asked).toBe(2);
});

test('a role that is taken away is gone within a minute', async () => {
  fake.grant(TOKEN, rolesOf('admin'));
  expect(await authenticator.authenticate(TOKEN)).toMatchObject({ role: 'admin' });
  fake.grant(TOKEN, rolesOf('reader'));
  clock.advance(60);
  expect(await authenticator.authenticate(TOKEN)).toMatchObject({ role: 'reader' });
});

test('an invalid token is rejected, and the next attempt does not ask Keystone', async () => {
  for (const _ of [1, 2, 3]) expect(await authenticator.authenticate('gAAAAAunknown')).toBeUndefined();
  expect(questions()).toBe(1);

  clock.advance(5);
  fake.grant('gAAAAAunknown', {});
  expect(await authenticator.authenticate('gAAAAAunknown')).toMatchObject(TENANT);
});

describe('Keystone that cannot say', () => {
  const NEW = 'gAAAAAother';

  test('stopped: a known token is valid for the minute, others get CLOUD_UNAVAILABLE, and later Keystone is asked again', async () => {
    fake.grant(NEW, {});
    await authenticator.authenticate(TOKEN);
    fake.keystoneStatus = 503;

    expect(await authenticator.authenticate(TOKEN)).toMatchObject(TENANT);
    await expect(authenticator.authenticate(NEW)).rejects.toMatchObject({ code: 'CLOUD_UNAVAILABLE' });
    clock.advance(61);
    await expect(authenticator.authenticate(TOKEN)).rejects.toMatchObject({ code: 'CLOUD_UNAVAILABLE' });

    fake.keystoneStatus = undefined;
    expect(await authenticator.authenticate(TOKEN)).toMatchObject(TENANT);
    expect(await authenticator.authenticate(NEW)).toMatchObject(TENANT);
  });

  test('connection refused: the same', async () => {
    const identity = new Identity(account.session({ auth_url: 'http://127.0.0.1:1/v3' }));
    const alone = new KeystoneAuthenticator({ identity, roleOf: () => 'member', clock });
    await expect(alone.authenticate(NEW)).rejects.toMatchObject({ code: 'CLOUD_UNAVAILABLE' });
  });

  test.each<[string, Trouble]>([
    ['HTML', 'html'],
    ['other types', 'wrong types'],
    ['a page that a proxy does not find', { status: 404, text: '<html>404</html>' }],
    ['a redirection', { status: 302, headers: { Location: 'http://127.0.0.1:1/' } }],
  ])('%s says nothing of the token: CLOUD_BAD_RESPONSE', async (_, trouble) => {
    await authenticator.authenticate(TOKEN);
    fake.troubles.push(trouble);
    await expect(authenticator.authenticate(NEW)).rejects.toMatchObject({ code: 'CLOUD_BAD_RESPONSE' });
  });

  test('a rejected service account is not the fault of the requester', async () => {
    fake.wants = () => false;
    await expect(authenticator.authenticate(NEW)).rejects.toMatchObject({ code: 'CLOUD_REFUSED', kind: 'External' });
  });

  test('our own token that has been revoked is replaced, and the question asked again', async () => {
    await authenticator.authenticate(TOKEN);
    fake.tokens.delete('service-token-1');
    fake.grant(NEW, {});
    expect(await authenticator.authenticate(NEW)).toMatchObject(TENANT);
    expect(fake.logins).toBe(2);
  });

  test('a token that Keystone quotes is in no error', async () => {
    const long = `gAAAAA${'x'.repeat(180)}`;
    const text = JSON.stringify({ error: { code: 403, message: `You may not ask for ${long}.` } });
    await authenticator.authenticate(TOKEN);
    fake.troubles.push({ status: 403, text });
    const error = (await authenticator.authenticate(long).catch((thrown: unknown) => thrown)) as Error;

    expect(error.message).toContain('You may not ask for');
    expect(JSON.stringify([error, error.message, error.stack])).not.toContain(long);
  });
});

test('a token is in a header, never in an address', async () => {
  await authenticator.authenticate(TOKEN);
  expect(fake.asked.map(({ path }) => path).join()).not.toContain(TOKEN);
});

test.each([
  ['a line break in it', 'with a\nline break in it'],
  ['next to nothing', 'short'],
  ['far too much', 'x'.repeat(8193)],
  ['what no header can carry', 'gAAAAAtenänt'],
])('%s: cannot be a token, and is not passed on', async (_, text) => {
  expect(await authenticator.authenticate(text)).toBeUndefined();
  expect(fake.asked).toEqual([]);
});

test('a name cannot control the terminal of its reader', async () => {
  fake.grant(TOKEN, { user: { id: 'u', name: 'a\u001b[2Jb\u202e' }, project: { id: 'blue', name: 'B\nlue' } });
  expect(await authenticator.authenticate(TOKEN)).toMatchObject({ name: 'a\uFFFD[2Jb\uFFFD of project B\uFFFDlue' });
});
