/** The login request to Keystone, and what follows from its rejection. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { FakeOpenStack } from '../support/fake-openstack.ts';
import { Account, failureOf, SECRET } from './support.ts';

const NO_USER = { username: undefined, password: undefined, project_name: undefined, user_domain_name: undefined };
const PASSWORD = ['password'];

let account: Account;
let fake: FakeOpenStack;

beforeEach(async () => {
  account = await Account.start();
  ({ fake } = account);
});
afterEach(() => account.end());

describe('logging in', () => {
  test('with a password, once for all requests at the same time', async () => {
    const cloud = account.cloud();
    const all = await Promise.all([cloud.routers(), cloud.routers(), cloud.routers()]);

    expect(all.map((routers) => routers.length)).toEqual([5, 5, 5]);
    expect(fake.logins).toBe(1);
    expect(account.logins).toEqual([
      {
        auth: {
          identity: {
            methods: ['password'],
            password: { user: { name: 'praas', domain: { name: 'Default' }, password: SECRET } },
          },
          scope: { project: { name: 'service', domain: { id: 'default' } } },
        },
      },
    ]);
  });

  test.each<[string, Record<string, unknown>, Record<string, unknown>, unknown]>([
    [
      'user and project by name, domains by ID',
      { user_domain_name: undefined, user_domain_id: 'd1', project_domain_id: 'd2' },
      {},
      {
        identity: { methods: PASSWORD, password: { user: { name: 'praas', domain: { id: 'd1' }, password: SECRET } } },
        scope: { project: { name: 'service', domain: { id: 'd2' } } },
      },
    ],
    [
      'domains by name',
      { project_domain_name: 'Other' },
      {},
      {
        identity: {
          methods: PASSWORD,
          password: { user: { name: 'praas', domain: { name: 'Default' }, password: SECRET } },
        },
        scope: { project: { name: 'service', domain: { name: 'Other' } } },
      },
    ],
    [
      'user and project by ID, which need no domain',
      { ...NO_USER, user_id: 'u1', password: SECRET, project_id: 'p1' },
      {},
      {
        identity: { methods: PASSWORD, password: { user: { id: 'u1', password: SECRET } } },
        scope: { project: { id: 'p1' } },
      },
    ],
    [
      'the whole system',
      { ...NO_USER, user_id: 'u1', password: SECRET, system_scope: 'all' },
      {},
      {
        identity: { methods: PASSWORD, password: { user: { id: 'u1', password: SECRET } } },
        scope: { system: { all: true } },
      },
    ],
    [
      'a token, which keeps its scope',
      { ...NO_USER, token: 'given' },
      { auth_type: 'token' },
      { identity: { methods: ['token'], token: { id: 'given' } } },
    ],
    [
      'an application credential by ID, which has a scope of its own',
      { ...NO_USER, application_credential_id: 'c1', application_credential_secret: SECRET },
      {},
      { identity: { methods: ['application_credential'], application_credential: { id: 'c1', secret: SECRET } } },
    ],
    [
      'an application credential by name, which needs its user',
      { ...NO_USER, user_id: 'u1', application_credential_name: 'app', application_credential_secret: SECRET },
      { auth_type: 'v3applicationcredential' },
      {
        identity: {
          methods: ['application_credential'],
          application_credential: { name: 'app', secret: SECRET, user: { id: 'u1' } },
        },
      },
    ],
  ])('%s', async (_, auth, more, expected) => {
    await account.cloud(auth, more).routers();
    expect(account.logins).toEqual([{ auth: expected }]);
  });
});

describe('a login that Keystone rejects', () => {
  test('is an error of the login, and not of the requester of the daemon', async () => {
    fake.wants = () => false;
    expect(await failureOf(account.cloud().routers())).toMatchObject({ code: 'CLOUD_REFUSED', kind: 'External' });
    expect(await failureOf(account.session().token())).toMatchObject({
      code: 'CLOUD_LOGIN_FAILED',
      message: expect.stringContaining('requires authentication'),
    });
  });

  test.each([400, 401, 403, 404, 500])(
    'with %i and the password quoted: the password is not repeated',
    async (status) => {
      const message = `'${SECRET}' is no good, ${'not at all, '.repeat(14)}nor is '${SECRET}'`;
      const text = JSON.stringify({ error: { code: status, message } });
      fake.troubles.push({ status, text }, { status, text });
      const both = [account.cloud().routers(), account.session().token()].map(failureOf);
      for (const error of await Promise.all(both)) {
        const { message: said, stack, cause } = error as Error;
        expect(said).toContain('is no good');
        expect(JSON.stringify([error, said, stack, cause])).not.toContain('correct');
      }
    },
  );
});
