import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parsePolicy } from '../../../src/core/identity/policy.ts';
import { PAT_ACTIONS } from '../../../src/pat/actions.ts';
import type { QuotaView } from '../../../src/pat/services/api.ts';
import { REQUEST } from '../../support/samples.ts';
import { type Call, READY, TestApi } from '../http/api.ts';

let api: TestApi;
beforeEach(async () => {
  api = new TestApi();
  await api.open();
});
afterEach(() => api.close());

interface Body {
  readonly quota: QuotaView;
  readonly quotas: readonly QuotaView[];
  readonly errors: readonly { readonly code: string; readonly facts: object }[];
}

async function ask(method: string, path: string, call: Call = {}): Promise<readonly [number, Body]> {
  const response = await api.call(method, path, call);
  return [response.status, (await response.json()) as Body];
}

const set = (project_id: string, quota: object, call: Call = {}) =>
  ask('patch', `/v1/quotas/${project_id}`, { json: { quota }, ...call });
const publish = (call: Call = {}) =>
  ask('post', '/v1/mappings', { token: 'blue-admin', json: { mapping: REQUEST }, ...call });

test('a project sees its limits and their usage', async () => {
  await publish();

  expect(await ask('get', '/v1/quotas/blue', { token: 'blue-reader' })).toEqual([
    200,
    {
      quota: {
        project_id: 'blue',
        is_default: true,
        mappings: { limit: 50, in_use: 1 },
        ports_per_router: { limit: 50, in_use: 1 },
      },
    },
  ]);
});

test.each(['a%00b', 'x'.repeat(256)])('%j is not a project ID', async (project_id) => {
  for (const answered of [
    await ask('get', `/v1/quotas/${project_id}`),
    await ask('delete', `/v1/quotas/${project_id}`),
    await set(project_id, { mappings: 1 }),
  ])
    expect(answered).toMatchObject([400, { errors: [{ code: 'praas.invalid-input' }] }]);
});

test('what an operator sets holds for the next request', async () => {
  await publish();
  await set('blue', { mappings: 1 });

  const [status, { errors }] = await publish();
  expect(status).toBe(409);
  expect(errors).toMatchObject([
    { code: 'praas.quota-exceeded', facts: { project: 'blue', what: 'mappings', limit: 1, used: 1, requested: 1 } },
  ]);
  await ask('delete', '/v1/quotas/blue');
  expect((await publish())[0]).toBe(201);
});

test('of many requests at once exactly as many succeed as the quota allows', async () => {
  await set('blue', { mappings: 3 });

  const statuses = await Promise.all(Array.from({ length: 24 }, async () => (await publish())[0]));
  expect(statuses.filter((status) => status === 201)).toHaveLength(3);
  expect(statuses.filter((status) => status === 409)).toHaveLength(21);
});

test('an operator who publishes for a project is limited by its quota, and without a project by none', async () => {
  await set('blue', { mappings: 0 });

  expect((await publish({ token: 'admin', json: { mapping: { ...REQUEST, project_id: 'blue' } } }))[0]).toBe(409);
  expect((await publish({ token: 'admin' }))[0]).toBe(201);
});

describe('a requester of one project', () => {
  const json = { quota: { mappings: 100 } };

  test('lists that one, an operator all', async () => {
    await set('red', { mappings: 9 });
    await publish();
    const listed = async (token: Call['token'] & string): Promise<readonly string[]> =>
      (await ask('get', '/v1/quotas', { token }))[1].quotas.map(({ project_id }) => project_id);

    expect(await listed('blue-admin')).toEqual(['blue']);
    expect(await listed('admin')).toEqual(['blue', 'red']);
  });

  test('gets PROJECT_NOT_FOUND for another project, not FORBIDDEN', async () => {
    await set('red', { mappings: 9 });

    for (const project_id of ['red', 'nowhere']) {
      const [status, { errors }] = await ask('get', `/v1/quotas/${project_id}`, { token: 'blue-admin' });
      expect(status).toBe(404);
      expect(errors).toMatchObject([{ code: 'praas.project-not-found', facts: { project: project_id } }]);
    }
  });

  test('may change nothing by default, and where the policy lets them only their own', async () => {
    expect((await ask('patch', '/v1/quotas/blue', { token: 'blue-admin', json }))[0]).toBe(403);
    expect((await ask('delete', '/v1/quotas/blue', { token: 'blue-admin' }))[0]).toBe(403);

    const policy = parsePolicy({ actions: { 'quota:set': 'admin' } }, '/srv/policy.yaml', PAT_ACTIONS);
    const free = new TestApi(READY, policy);
    await free.open();
    try {
      const statusOf = async (method: string, project_id: string): Promise<number> =>
        (
          await free.call(method, `/v1/quotas/${project_id}`, {
            token: 'blue-admin',
            ...(method === 'patch' && { json }),
          })
        ).status;
      expect([await statusOf('patch', 'blue'), await statusOf('patch', 'red')]).toEqual([200, 404]);
      expect([await statusOf('delete', 'blue'), await statusOf('delete', 'red')]).toEqual([200, 404]);
    } finally {
      await free.close();
    }
  });
});

test.each([[{}], [{ mappings: -2 }], [{ mappings: '5' }], [{ mappings: 1.5 }], [{ colour: 1 }], [null]])(
  'a quota of %j is refused, and the old one stays',
  async (quota) => {
    await set('blue', { mappings: 7 });

    const [status] = await ask('patch', '/v1/quotas/blue', { json: { quota } });
    expect(status).toBe(400);
    expect((await ask('get', '/v1/quotas/blue'))[1].quota.mappings.limit).toBe(7);
  },
);
