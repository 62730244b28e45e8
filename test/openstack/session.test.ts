/** The service account's session: renewals, and the addresses of the services. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseCloud } from '../../src/openstack/clouds/merge.ts';
import type { ServiceRequest } from '../../src/openstack/service-client.ts';
import { Session } from '../../src/openstack/session.ts';
import type { HttpResponse } from '../../src/system/http/exchange.ts';
import type { FakeOpenStack } from '../support/fake-openstack.ts';
import { Account } from './support.ts';

let account: Account;
let fake: FakeOpenStack;

beforeEach(async () => {
  account = await Account.start();
  ({ fake } = account);
});
afterEach(() => account.end());

describe('a login', () => {
  test('again before the token ends, and not earlier', async () => {
    const cloud = account.cloud();
    await cloud.routers();
    account.clock.advance(fake.tokenLifeMs / 2000);
    await cloud.routers();
    expect(fake.logins).toBe(1);

    account.clock.advance(fake.tokenLifeMs * 0.0004);
    await cloud.routers();
    expect(fake.logins).toBe(2);
  });

  test('again when a service no longer takes the token, once', async () => {
    const cloud = account.cloud();
    await cloud.routers();
    fake.tokens.clear();
    expect(await cloud.routers()).toHaveLength(5);
    expect(fake.logins).toBe(2);
  });

  test('many whose token is no longer taken wait for one new login', async () => {
    const cloud = account.cloud();
    await cloud.routers();
    fake.tokens.clear();
    const all = await Promise.all([1, 2, 3, 4, 5].map(() => cloud.routers()));

    expect(all.map((routers) => routers.length)).toEqual([5, 5, 5, 5, 5]);
    expect(fake.logins).toBe(2);
  });

  test('a service that takes no token at all: one new login for the question, and no more', async () => {
    const cloud = account.cloud();
    await cloud.routers();
    fake.troubles.push({ status: 401 }, 'fine', { status: 401 });

    await expect(cloud.routers()).rejects.toMatchObject({ code: 'CLOUD_REFUSED', kind: 'External' });
    expect(fake.logins).toBe(2);
    expect(fake.troubles).toEqual([]);
  });
});

describe('Keystone away when the token is due', () => {
  test('the token is used while it lives, Keystone asked now and then, and renewed when it is back', async () => {
    const cloud = account.cloud();
    await cloud.routers();
    account.clock.advance(3000);
    fake.keystoneStatus = 503;
    expect(await cloud.routers()).toHaveLength(5);
    expect(await cloud.routers()).toHaveLength(5);
    expect(account.logins).toHaveLength(2);

    fake.keystoneStatus = undefined;
    account.clock.advance(10);
    expect(await cloud.routers()).toHaveLength(5);
    expect(fake.logins).toBe(2);
  });

  test('and not longer than it lives', async () => {
    const cloud = account.cloud();
    await cloud.routers();
    fake.keystoneStatus = 503;
    account.clock.advance(3600);
    await expect(cloud.routers()).rejects.toMatchObject({ code: 'CLOUD_UNAVAILABLE' });
  });

  test('and not when a service no longer takes it', async () => {
    const cloud = account.cloud();
    await cloud.routers();
    account.clock.advance(3000);
    fake.keystoneStatus = 503;
    await cloud.routers();
    fake.tokens.clear();
    await expect(cloud.routers()).rejects.toMatchObject({ code: 'CLOUD_UNAVAILABLE' });
  });
});

describe('the catalogue', () => {
  test('chooses region and interface', async () => {
    await account.cloud().routers();
    expect(fake.asked.at(-1)?.path).toMatch(/^\/network\/v2\.0\/routers\?/);

    await account
      .cloud({}, { interface: 'internal' })
      .routers()
      .catch(() => undefined);
    expect(fake.asked.at(-1)?.path).toMatch(/^\/inside\/v2\.0\/routers\?/);
  });

  test('is asked for each interface in turn', async () => {
    await account
      .cloud({}, { interface: ['admin', 'internal', 'public'] })
      .routers()
      .catch(() => undefined);
    expect(fake.asked.at(-1)?.path).toMatch(/^\/inside\/v2\.0\/routers\?/);
  });

  test('is not asked where clouds.yaml has an endpoint', async () => {
    fake.tokenFields = { catalog: [{ type: 'network', endpoints: [endpointOf('http://127.0.0.1:1/')] }] };
    await account.cloud({}, { network_endpoint_override: `${fake.url}/network` }).routers();
    expect(fake.asked.at(-1)?.path).toMatch(/^\/network\/v2\.0\/routers\?/);
  });

  test.each([
    ['https://k/v3', 'http://n:9696', ['network n:9696']],
    ['https://k/v3', 'https://n:9696', []],
    ['http://k/v3', 'http://n:9696', []],
  ])('Keystone at %s, Neutron at %s: what is said of plain HTTP, once', async (auth_url, url, said) => {
    const token = {
      expires_at: '2040-01-01T00:00:00Z',
      user: { id: 'u', name: 'u' },
      catalog: [{ type: 'network', endpoints: [endpointOf(url)] }],
    };
    const send = async (request: ServiceRequest): Promise<HttpResponse> =>
      request.method === 'POST'
        ? { status: 201, text: JSON.stringify({ token }), headers: { 'x-subject-token': 't' } }
        : { status: 200, text: '{}', headers: {} };
    const heard: string[] = [];
    const session = new Session({
      config: parseCloud({
        name: 'praas',
        where: 'clouds.yaml',
        cloud: { auth: { auth_url, username: 'u', password: 'p' } },
        variables: {},
      }),
      http: { send, close: () => undefined },
      clock: account.clock,
      onPlainHttp: (service, host) => void heard.push(`${service} ${host}`),
    });

    await session.send('network', { path: '/routers' });
    await session.send('network', { path: '/ports' });
    expect(heard).toEqual(said);
    expect(session.plainServices).toEqual(said.map(() => 'network'));
  });

  test('names the places where it searched', async () => {
    await expect(account.cloud({}, { region_name: 'Nowhere' }).routers()).rejects.toMatchObject({
      code: 'CLOUD_BAD_RESPONSE',
      message: expect.stringMatching(/public.*Nowhere/),
    });
  });

  test.each([
    ['/network', '/network/v2.0/routers'],
    ['/network/', '/network/v2.0/routers'],
    ['/network/v2.0', '/network/v2.0/routers'],
    ['/network/v2.0/', '/network/v2.0/routers'],
    ['', '/v2.0/routers'],
  ])('%s is an address with or without a version', async (path, expected) => {
    fake.tokenFields = { catalog: [{ type: 'network', endpoints: [endpointOf(`${fake.url}${path}`)] }] };
    await account
      .cloud()
      .routers()
      .catch(() => undefined);
    expect(fake.asked.at(-1)?.path.split('?')[0]).toBe(expected);
  });

  test.each(['not an address', 'ftp://example.org/', 'file:///etc/passwd', 'http://[', ''])(
    '%s is not one',
    async (url) => {
      fake.tokenFields = { catalog: [{ type: 'network', endpoints: [endpointOf(url)] }] };
      await expect(account.cloud().routers()).rejects.toMatchObject({ code: 'CLOUD_BAD_RESPONSE' });
    },
  );
});

function endpointOf(url: string): Record<string, unknown> {
  return { interface: 'public', region: 'RegionOne', region_id: 'RegionOne', url };
}
