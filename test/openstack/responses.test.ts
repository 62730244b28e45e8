/** What the cloud makes of answers: pages, services that stumble, and what makes no sense. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { PraasError } from '../../src/core/errors/praas-error.ts';
import { responseError } from '../../src/openstack/responses.ts';
import type { FakeOpenStack } from '../support/fake-openstack.ts';
import type { Trouble } from '../support/openstack-answers.ts';
import { idOf } from '../support/samples.ts';
import { Account } from './support.ts';

let account: Account;
let fake: FakeOpenStack;

beforeEach(async () => {
  account = await Account.start();
  ({ fake } = account);
});
afterEach(() => account.end());

describe('pages', () => {
  const pageWith = (next: string): Trouble => ({
    status: 200,
    text: JSON.stringify({ routers: [], routers_links: [{ rel: 'next', href: next }] }),
  });

  test('are followed to the last, and each is asked once', async () => {
    const routers = await account.cloud().routers();

    expect(routers.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5].map(idOf));
    expect(fake.asked.filter(({ path }) => path.includes('/routers?'))).toHaveLength(3);
  });

  test('that lead to themselves, or in a circle, come to an end', async () => {
    const cloud = account.cloud();
    await cloud.routers();
    fake.troubles.push(pageWith('?marker=a'), pageWith('?marker=a'));
    await expect(cloud.routers()).rejects.toMatchObject({ code: 'CLOUD_BAD_RESPONSE' });

    const circle = Array.from({ length: 1000 }, (_, index) => pageWith(`?marker=${index % 2}`));
    fake.troubles.push(...circle, ...circle);
    await expect(cloud.routers()).rejects.toMatchObject({ code: 'CLOUD_BAD_RESPONSE' });
    expect(fake.troubles.length).toBeGreaterThan(0);
  });

  test('of which one has gone meanwhile are no list: half of it is never taken for the whole', async () => {
    const cloud = account.cloud();
    await cloud.routers();
    fake.troubles.push(pageWith(`?marker=${idOf(99)}`));
    await expect(cloud.routers()).rejects.toMatchObject({ code: 'CLOUD_UNAVAILABLE' });
  });

  test('a link that is none', async () => {
    const cloud = account.cloud();
    await cloud.routers();
    fake.troubles.push(pageWith('http://['));
    await expect(cloud.routers()).rejects.toMatchObject({ code: 'CLOUD_BAD_RESPONSE' });
  });
});

describe('a service that stumbles', () => {
  test.each<[string, Trouble]>([
    ['500', { status: 500 }],
    ['503', { status: 503 }],
    ['too many requests', { status: 429 }],
    ['a connection that breaks', 'close'],
    ['half an answer', 'half'],
  ])('%s: asked again, after pauses that grow', async (_, trouble) => {
    const cloud = account.cloud();
    await cloud.routers();
    fake.troubles.push(trouble, trouble);

    expect(await cloud.routers()).toHaveLength(5);
    expect(account.pauses.every((pause, index) => index === 0 || pause > (account.pauses[index - 1] ?? 0))).toBe(true);
  });

  test('for good: CLOUD_UNAVAILABLE after a bounded number of attempts', async () => {
    const cloud = account.cloud();
    await cloud.routers();
    const before = fake.asked.length;
    fake.troubles.push('close', 'close', 'close', 'close', 'close', 'close');

    await expect(cloud.routers()).rejects.toMatchObject({ code: 'CLOUD_UNAVAILABLE' });
    expect(fake.asked.length - before).toBe(3);
    fake.troubles.length = 0;
  });

  test('silence: no second attempt', async () => {
    const cloud = account.cloud();
    await cloud.routers();
    const before = fake.asked.length;
    fake.troubles.push('hang');

    await expect(cloud.routers()).rejects.toMatchObject({ code: 'CLOUD_UNAVAILABLE' });
    expect(fake.asked.length - before).toBe(1);
  });

  test('what changes something is not sent twice when it may have arrived', async () => {
    const cloud = account.cloud();
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
    ['nothing at all', { status: 204 }],
    ['null', { status: 200, text: 'null' }],
    ['a redirection', { status: 302, headers: { Location: 'http://127.0.0.1:1/' } }],
    ['a list that is not there', { status: 404, text: '{"NeutronError": {"message": "no such resource"}}' }],
    ['a page that a proxy does not find', { status: 404, text: '<html>404</html>' }],
  ])('%s: CLOUD_BAD_RESPONSE', async (_, trouble) => {
    const cloud = account.cloud();
    await cloud.routers();
    fake.troubles.push(trouble);

    await expect(cloud.routers()).rejects.toMatchObject({ code: 'CLOUD_BAD_RESPONSE' });
  });

  test('only a 404 of the service itself means that a resource does not exist', async () => {
    const cloud = account.cloud();
    expect(await cloud.router(idOf(9))).toBeUndefined();
    fake.troubles.push({ status: 404, text: '<html>404</html>' });
    await expect(cloud.router(idOf(1))).rejects.toMatchObject({ code: 'CLOUD_BAD_RESPONSE' });
  });

  test('403: CLOUD_REFUSED', async () => {
    const cloud = account.cloud();
    await cloud.routers();
    fake.troubles.push({ status: 403, text: '{"NeutronError": {"message": "not for you"}}' });

    await expect(cloud.routers()).rejects.toMatchObject({ code: 'CLOUD_REFUSED' });
  });
});

describe('a conflict', () => {
  const SECRET = 'router 5ec5ec of project other';
  const TENANT = { seesAll: false, sees: () => true, allows: () => true };
  const OPERATOR = { ...TENANT, seesAll: true };
  const refusal = (body: object): PraasError =>
    responseError({ status: 409, headers: {}, text: JSON.stringify(body) }, 'network');

  test('is told to a tenant by its type, and to an operator as the service says it', () => {
    const error = refusal({ NeutronError: { type: 'OverQuota', message: SECRET, detail: SECRET } });

    const told = error.redacted(TENANT);
    expect(told.facts).toMatchObject({ service: 'network', status: 409, type: 'OverQuota' });
    expect(told.message).toContain('OverQuota');
    expect(JSON.stringify([told.message, told.facts])).not.toContain('5ec5ec');
    expect(error.redacted(OPERATOR).message).toContain(SECRET);
  });

  test.each([
    ['Nova', { conflictingRequest: { message: SECRET, code: 409 } }],
    ['Keystone', { error: { message: SECRET, code: 409, title: SECRET } }],
    ['a plugin with a text as its type', { NeutronError: { message: SECRET, type: SECRET } }],
    ['a plugin with a long word as its type', { NeutronError: { message: SECRET, type: 'x'.repeat(65) } }],
  ])('of %s is told to a tenant without a word of it', (_, body) => {
    const told = refusal(body).redacted(TENANT);

    expect(JSON.stringify([told.message, told.facts, told.nextSteps])).not.toMatch(/5ec5ec|xxx/);
    expect(told.facts).toMatchObject({ service: 'network', status: 409 });
  });
});

test('connection refused: CLOUD_UNAVAILABLE', async () => {
  const cloud = account.cloud({ auth_url: 'http://127.0.0.1:1/v3' });
  await expect(cloud.routers()).rejects.toMatchObject({ code: 'CLOUD_UNAVAILABLE' });
});
