/** The service account's way to the cloud: logins, renewals, pages, and services that misbehave. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { configOf } from '../../src/openstack/clouds/merge.ts';
import { Http } from '../../src/openstack/http.ts';
import { OpenStackCloud } from '../../src/openstack/openstack-cloud.ts';
import { Session } from '../../src/openstack/session.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeOpenStack, type Trouble } from '../support/fake-openstack.ts';
import { idOf, NOW } from '../support/samples.ts';

const TIMEOUT_MS = 300;
const SECRET = 'correct horse';

let fake: FakeOpenStack;
let clock: FakeClock;
let pauses: number[];
let session: Session | undefined;

beforeEach(async () => {
  clock = new FakeClock(NOW);
  fake = await FakeOpenStack.start(() => clock.now().getTime());
  pauses = [];
  for (const n of [1, 2, 3, 4, 5]) fake.routers.push(routerFacts(n));
});
afterEach(async () => {
  session?.close();
  await fake.stop();
});

function cloudOf(auth: Record<string, unknown> = {}, more: Record<string, unknown> = {}): OpenStackCloud {
  const account = { username: 'praas', password: SECRET, project_name: 'service', user_domain_name: 'Default' };
  const written = { region_name: 'RegionOne', auth: { auth_url: fake.keystone, ...account, ...auth }, ...more };
  const http = new Http({
    ca: undefined,
    verify: true,
    timeout_ms: TIMEOUT_MS,
    random: () => 0.5,
    pause: async (milliseconds) => void pauses.push(milliseconds),
  });
  session = new Session({ config: configOf('praas', 'clouds.yaml', written), http, clock });
  return new OpenStackCloud(session);
}

const loginBodies = (): unknown[] => fake.asked.filter(({ method }) => method === 'POST').map(({ body }) => body);

describe('logging in', () => {
  test('with a password, once for all who ask at the same time', async () => {
    const cloud = cloudOf();
    const all = await Promise.all([cloud.routers(), cloud.routers(), cloud.routers()]);

    expect(all.map((routers) => routers.length)).toEqual([5, 5, 5]);
    expect(fake.logins).toBe(1);
    expect(loginBodies()).toEqual([
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

  test('with an application credential, and with a token', async () => {
    const credential = { application_credential_id: 'abc', application_credential_secret: SECRET };
    await cloudOf({ ...credential, username: undefined, password: undefined }).routers();
    session?.close();
    await cloudOf({ token: 'given', username: undefined, password: undefined }, { auth_type: 'token' }).routers();

    expect(loginBodies()).toMatchObject([
      { auth: { identity: { methods: ['application_credential'], application_credential: { id: 'abc' } } } },
      { auth: { identity: { methods: ['token'], token: { id: 'given' } } } },
    ]);
  });

  test('again before the token ends, and not earlier', async () => {
    const cloud = cloudOf();
    await cloud.routers();
    clock.advance(fake.token_life_ms / 2000);
    await cloud.routers();
    expect(fake.logins).toBe(1);

    clock.advance(fake.token_life_ms * 0.0004);
    await cloud.routers();
    expect(fake.logins).toBe(2);
  });

  test('again when a service no longer takes the token, once', async () => {
    const cloud = cloudOf();
    await cloud.routers();
    fake.tokens.clear();
    expect(await cloud.routers()).toHaveLength(5);
    expect(fake.logins).toBe(2);

    fake.troubles.push({ status: 401 }, { status: 201 });
    await expect(cloud.routers()).rejects.toMatchObject({ kind: 'External' });
    expect(fake.logins).toBe(2);
  });

  test('refused: said without the secret', async () => {
    fake.wants = () => false;
    const error = await cloudOf()
      .routers()
      .catch((thrown: unknown) => thrown as Error);

    expect(error).toMatchObject({ code: 'CLOUD_LOGIN_FAILED' });
    expect(JSON.stringify([error, (error as Error).message])).not.toContain(SECRET);
  });
});

describe('the catalogue', () => {
  test('chooses region and interface', async () => {
    await cloudOf().routers();
    expect(fake.asked.at(-1)?.path).toMatch(/^\/network\/v2\.0\/routers\?/);

    session?.close();
    await cloudOf({}, { interface: 'internal' })
      .routers()
      .catch(() => undefined);
    expect(fake.asked.at(-1)?.path).toMatch(/^\/inside\/v2\.0\/routers\?/);
  });
});

test('pages are followed to the last, and each is asked once', async () => {
  const routers = await cloudOf().routers();

  expect(routers.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5].map(idOf));
  expect(fake.asked.filter(({ path }) => path.includes('/routers?'))).toHaveLength(3);
});

describe('a service that stumbles', () => {
  test.each<[string, Trouble]>([
    ['500', { status: 500 }],
    ['503', { status: 503 }],
    ['too many requests', { status: 429 }],
    ['a connection that breaks', 'close'],
    ['half an answer', 'half'],
    ['silence', 'hang'],
  ])('%s: asked again, after pauses that grow', async (_, trouble) => {
    const cloud = cloudOf();
    await cloud.routers();
    fake.troubles.push(trouble, trouble);

    expect(await cloud.routers()).toHaveLength(5);
    expect(pauses.every((pause, index) => index === 0 || pause > (pauses[index - 1] ?? 0))).toBe(true);
  });

  test('for good: CLOUD_UNAVAILABLE after a bounded number of attempts', async () => {
    const cloud = cloudOf();
    await cloud.routers();
    const before = fake.asked.length;
    fake.troubles.push('hang', 'hang', 'hang', 'hang', 'hang', 'hang');

    await expect(cloud.routers()).rejects.toMatchObject({ code: 'CLOUD_UNAVAILABLE' });
    expect(fake.asked.length - before).toBe(3);
  });

  test('what changes something is not sent twice when it may have arrived', async () => {
    const cloud = cloudOf();
    await cloud.routers();
    fake.troubles.push('hang');
    const rule = {
      security_group_id: 'g',
      protocol: 'tcp',
      port: 22,
      remote_ip_prefix: null,
      description: '',
    } as const;

    await expect(cloud.addSecurityGroupRule(rule)).rejects.toMatchObject({ code: 'CLOUD_UNAVAILABLE' });
    expect(fake.asked.filter(({ path }) => path.includes('security-group-rules'))).toHaveLength(1);
  });
});

describe('answers that make no sense', () => {
  test.each<[string, Trouble]>([
    ['HTML', 'html'],
    ['other types', 'wrong types'],
    ['nothing', { status: 200 }],
  ])('%s: CLOUD_MISUNDERSTOOD', async (_, trouble) => {
    const cloud = cloudOf();
    await cloud.routers();
    fake.troubles.push(trouble);

    await expect(cloud.routers()).rejects.toMatchObject({ code: 'CLOUD_MISUNDERSTOOD' });
  });

  test('403: CLOUD_REFUSED', async () => {
    const cloud = cloudOf();
    await cloud.routers();
    fake.troubles.push({ status: 403, text: '{"NeutronError": {"message": "not for you"}}' });

    await expect(cloud.routers()).rejects.toMatchObject({ code: 'CLOUD_REFUSED' });
  });
});

test('nobody there: CLOUD_UNAVAILABLE', async () => {
  const cloud = cloudOf({ auth_url: 'http://127.0.0.1:1/v3' });
  await expect(cloud.routers()).rejects.toMatchObject({ code: 'CLOUD_UNAVAILABLE' });
});

function routerFacts(n: number): Record<string, unknown> {
  return {
    id: idOf(n),
    name: `router-${n}`,
    project_id: 'blue',
    admin_state_up: true,
    status: 'ACTIVE',
    external_gateway_info: null,
    ha: false,
    distributed: false,
  };
}
