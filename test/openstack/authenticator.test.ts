/** Callers with Keystone tokens: who they are, how long that is believed, and Keystone away. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Authenticator, Principal } from '../../src/auth/authenticator.ts';
import { ChainedAuthenticator } from '../../src/auth/chained-authenticator.ts';
import { DEFAULT_POLICY } from '../../src/auth/policy.ts';
import { configOf } from '../../src/openstack/clouds/merge.ts';
import { Http } from '../../src/openstack/http.ts';
import { Identity } from '../../src/openstack/identity.ts';
import { KeystoneAuthenticator } from '../../src/openstack/keystone-authenticator.ts';
import { Session } from '../../src/openstack/session.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeOpenStack } from '../support/fake-openstack.ts';
import { NOW } from '../support/samples.ts';

const TOKEN = 'gAAAAAtenant';

let fake: FakeOpenStack;
let clock: FakeClock;
let session: Session;
let authenticator: KeystoneAuthenticator;

beforeEach(async () => {
  clock = new FakeClock(NOW);
  fake = await FakeOpenStack.start(() => clock.now().getTime());
  const auth = { auth_url: fake.keystone, username: 'praas', password: 'x', project_name: 'service' };
  const http = new Http({
    ca: undefined,
    verify: true,
    timeout_ms: 300,
    random: () => 0,
    pause: async () => undefined,
  });
  session = new Session({ config: configOf('praas', 'clouds.yaml', { auth }), http, clock });
  authenticator = new KeystoneAuthenticator({
    identity: new Identity(session),
    roleOf: (roles) => DEFAULT_POLICY.roleOf(roles),
    clock,
  });
  fake.grant(TOKEN, {});
});
afterEach(async () => {
  session.close();
  await fake.stop();
});

const questions = (): number =>
  fake.asked.filter(({ method, path }) => method === 'GET' && path.includes('/auth/tokens')).length;

test('a member of a project', async () => {
  expect(await authenticator.authenticate(TOKEN)).toEqual({
    name: 'tenant of project Blue',
    role: 'member',
    project_id: 'blue',
  });
});

test.each<[string, Record<string, unknown>, Partial<Principal> | undefined]>([
  [
    'the highest role counts',
    { roles: [{ name: 'reader' }, { name: 'admin' }] },
    { role: 'admin', project_id: 'blue' },
  ],
  [
    'system scope is all projects',
    { project: undefined, system: { all: true }, roles: [{ name: 'admin' }] },
    { role: 'admin', project_id: null },
  ],
  ['no role that is known', { roles: [{ name: 'swift' }] }, undefined],
  ['a token without a scope', { project: undefined }, undefined],
  ['one that has ended', { expires_at: new Date(Date.parse(NOW) - 1000).toISOString() }, undefined],
])('%s', async (_, fields, expected) => {
  fake.grant(TOKEN, fields);
  const principal = await authenticator.authenticate(TOKEN);
  if (expected === undefined) expect(principal).toBeUndefined();
  else expect(principal).toMatchObject(expected);
});

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
  expect(await authenticator.authenticate(TOKEN)).toBeDefined();
  clock.advance(6);
  expect(await authenticator.authenticate(TOKEN)).toBeUndefined();
});

test('Keystone away: who is known goes on, others are told to come again', async () => {
  await authenticator.authenticate(TOKEN);
  fake.troubles.push(...Array.from({ length: 6 }, () => ({ status: 503 })));

  expect(await authenticator.authenticate(TOKEN)).toBeDefined();
  await expect(authenticator.authenticate('gAAAAAother')).rejects.toMatchObject({ kind: 'Unavailable' });
});

test('what cannot be a token is not passed on', async () => {
  expect(await authenticator.authenticate('with a\nline break in it')).toBeUndefined();
  expect(questions()).toBe(0);
});

test('tokens of the node are never shown to Keystone', async () => {
  const asked: string[] = [];
  const listen = (name: string): Authenticator => ({
    async authenticate(token) {
      asked.push(`${name} ${token}`);
      return undefined;
    },
  });
  const [own, others] = [listen('own'), listen('others')];
  const chained = new ChainedAuthenticator(own, others);
  await chained.authenticate(TOKEN);
  await chained.authenticate(`praas_${'a'.repeat(43)}`);

  expect(asked[0]).toBe(`others ${TOKEN}`);
  expect(asked[1]).toMatch(/^own praas_/);
});
