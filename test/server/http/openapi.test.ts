import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { reason } from '../../../src/pat/mapping/reasons.ts';
import type { MappingView } from '../../../src/pat/mapping/view.ts';
import { openApiDocument } from '../../../src/server/http/openapi.ts';
import { MappingPatchBody, NewMappingBody } from '../../../src/server/pat/schemas.ts';
import { expectGolden } from '../../support/golden.ts';
import { idOf, ROUTER } from '../../support/samples.ts';
import { pythonRules, unmanagedOf } from '../../support/unmanaged-rules.ts';
import { type Call, TestApi, VERSION } from './api.ts';
import { Contract, type Operation } from './contract.ts';

let api: TestApi;
let contract: Contract;

beforeEach(async () => {
  api = new TestApi();
  contract = new Contract(api.document);
  await api.open();
});

afterEach(() => api.close());

const REQUEST = { router_id: ROUTER, server_ip: '10.20.0.51', server_port: 22 };
const OPEN = ['get /', 'get /healthz', 'get /metrics', 'get /readyz'];

describe('the document', () => {
  test('is valid OpenAPI 3.1', async () => {
    const result = await new Validator().validate(JSON.stringify(api.document, null, 1));

    expect(result).toEqual({ valid: true });
    expect(api.document.openapi).toMatch(/^3\.1\./);
  });

  test('has every operation of the API, the pages that need no token, and nothing else', () => {
    const described = contract.operations.map(({ method, path }) => `${method} ${path}`);

    const made = api.endpoints.map(({ method, path }) => `${method} ${path}`);
    expect(described.toSorted()).toEqual([...OPEN, ...made].toSorted());
  });

  test('describes each operation by the schemas that check its requests', () => {
    for (const endpoint of api.endpoints) {
      const operation = contract.operation(endpoint.name);
      const fields = Object.keys((endpoint.query as { shape?: object } | undefined)?.shape ?? {});

      expect(operation.query.map(({ name }) => name)).toEqual(fields);
      expect(operation.headers).toEqual(endpoint.headers ?? []);
      expect(operation.body === undefined).toBe(endpoint.body === undefined);
      expect(operation.statuses).toEqual(expect.arrayContaining([...Object.keys(endpoint.responses), '400', '401']));
    }
  });

  test('needs a token for everything under /v1 and for nothing else', () => {
    const paths = Object.entries(api.document.paths ?? {});
    const free = paths.filter(([, item]) => Object.values(item).every((each) => each.security?.length === 0));

    expect(api.document.security).toEqual([{ token: [] }]);
    expect(free.map(([path]) => `get ${path}`).toSorted()).toEqual(OPEN);
  });

  test('has the address of the API when it is known', () => {
    expect(api.document.servers).toEqual([{ url: '/' }]);
    expect(openApiDocument([], { version: VERSION, url: 'https://node:3000' }).servers).toEqual([
      { url: 'https://node:3000' },
    ]);
  });

  test('has examples that it allows itself', () => {
    const bodies = contract.operations.filter(({ body }) => body !== undefined);

    expect(bodies.length).toBeGreaterThan(2);
    for (const operation of bodies) {
      expect(operation.body?.examples).toHaveLength(1);
      expect(contract.whyNotBody(operation, operation.body?.examples?.[0])).toBeUndefined();
    }
  });

  test('is as it was (PRAAS_GOLDEN=write writes it anew: do so when the API was changed on purpose)', () => {
    expectGolden('openapi.json', `${JSON.stringify(openApiDocument(api.apis, { version: '0' }), null, 2)}\n`);
  });
});

/** Calls an operation, and holds the answer against the document. */
async function ask(operationId: string, status: number, path: string, call: Call = {}): Promise<Response> {
  const operation = contract.operation(operationId);
  const response = await api.call(operation.method, path, call);
  const why = await contract.whyNotAnswer(operation, response.clone());
  expect({ operationId, status: response.status, why }).toEqual({ operationId, status, why: undefined });
  return response;
}

async function create(): Promise<MappingView> {
  const response = await ask('createMappings', 201, '/v1/mappings', { json: { mapping: REQUEST } });
  return ((await response.json()) as { mapping: MappingView }).mapping;
}

describe('every response is as the document describes it', () => {
  const walk: Readonly<Record<string, (id: string) => Promise<unknown>>> = {
    listVersions: () => ask('listVersions', 200, '/'),
    showHealth: () => ask('showHealth', 200, '/healthz'),
    showReadiness: () => ask('showReadiness', 200, '/readyz'),
    showMetrics: () => ask('showMetrics', 200, '/metrics'),
    listMappings: async () => {
      await create();
      await ask('listMappings', 200, '/v1/mappings');
      await ask('listMappings', 200, '/v1/mappings?limit=1&sort_key=router_port&sort_dir=desc');
      await ask('listMappings', 200, '/v1/mappings?fields=id&fields=name&protocol=tcp&status=ACTIVE');
      await ask('listMappings', 400, '/v1/mappings?limit=0');
      await ask('listMappings', 401, '/v1/mappings', { token: 'wrong' });
    },
    createMappings: async () => {
      const mappings = [{ ...REQUEST, server_port: 80, name: 'web', allowed_cidrs: ['198.51.100.7'] }];
      await ask('createMappings', 201, '/v1/mappings', { json: { mappings } });
      await ask('createMappings', 200, '/v1/mappings?dry_run=true', { json: { mappings } });
      await ask('createMappings', 200, '/v1/mappings?dry_run=true', { json: { mapping: REQUEST } });
      await ask('createMappings', 400, '/v1/mappings', { json: {} });
      await ask('createMappings', 401, '/v1/mappings', { json: { mapping: REQUEST }, token: 'none' });
      await ask('createMappings', 403, '/v1/mappings', { json: { mapping: REQUEST }, token: 'reader' });
      await ask('createMappings', 404, '/v1/mappings', { json: { mapping: { ...REQUEST, router_id: 'lost' } } });
      await ask('createMappings', 409, '/v1/mappings', { json: { mapping: { ...REQUEST, server_ip: '192.0.2.1' } } });
      await ask('createMappings', 413, '/v1/mappings', { json: 'x'.repeat(1024 * 1024) });
      const headers = { 'Idempotency-Key': 'k' };
      await ask('createMappings', 201, '/v1/mappings', { json: { mapping: REQUEST }, headers });
      await ask('createMappings', 201, '/v1/mappings', { json: { mapping: REQUEST }, headers });
      await ask('createMappings', 422, '/v1/mappings', { json: { mappings }, headers });
    },
    showMapping: async (id) => {
      const response = await ask('showMapping', 200, `/v1/mappings/${id}`);
      expect(response.headers.get('ETag')).toMatch(/^".+"$/);
      await ask('showMapping', 404, `/v1/mappings/${idOf(99)}`);
      await create();
      await ask('showMapping', 409, '/v1/mappings/0');
    },
    updateMapping: async (id) => {
      const json = { mapping: { name: 'ssh' } };
      await ask('updateMapping', 200, `/v1/mappings/${id}?dry_run=true`, { json });
      const response = await ask('updateMapping', 200, `/v1/mappings/${id}`, { json });
      expect(response.headers.get('ETag')).toMatch(/^".+"$/);
      await ask('updateMapping', 400, `/v1/mappings/${id}`, { json: { mapping: {} } });
      await ask('updateMapping', 403, `/v1/mappings/${id}`, { json, token: 'reader' });
      await ask('updateMapping', 404, `/v1/mappings/${id}`, { json, token: 'member' });
      await ask('updateMapping', 412, `/v1/mappings/${id}`, { json, headers: { 'If-Match': '"old"' } });
    },
    deleteMapping: async (id) => {
      await ask('deleteMapping', 412, `/v1/mappings/${id}`, { headers: { 'If-Match': '"old"' } });
      await ask('deleteMapping', 200, `/v1/mappings/${id}?dry_run=true`);
      await ask('deleteMapping', 204, `/v1/mappings/${id}`);
      await ask('deleteMapping', 404, `/v1/mappings/${id}`);
      const kept = await create();
      const [cidr, first] = [`${kept.gateway_ip}/32`, kept.router_port];
      const rule = { protocol: 'tcp', cidr, kind: 'rule', text: '-A PREROUTING -j DNAT', first, last: first } as const;
      api.node.router.portsInUse = [rule];
      await api.node.pat.sync(ROUTER);
      const response = await ask('deleteMapping', 200, `/v1/mappings/${kept.id}`);
      const warnings = [expect.stringContaining(rule.text)];
      expect(await response.json()).toMatchObject({ mappings: [{ id: kept.id }], warnings, failures: [] });
      await ask('deleteMapping', 404, `/v1/mappings/${kept.id}`);
    },
    deleteMappings: async (id) => {
      await ask('deleteMappings', 200, '/v1/mappings/delete?dry_run=true', { json: { ids: [id] } });
      await ask('deleteMappings', 200, '/v1/mappings/delete', { json: { ids: [id] } });
      await ask('deleteMappings', 404, '/v1/mappings/delete', { json: { ids: [id] } });
      await ask('deleteMappings', 400, '/v1/mappings/delete', { json: { ids: [] } });
    },
    listConnections: async (id) => {
      api.node.router.connect('198.51.100.7', { protocol: 'tcp', gateway_ip: '203.0.113.10', router_port: 4000 });
      const response = await ask('listConnections', 200, `/v1/mappings/${id}/connections`);
      expect(await response.json()).toMatchObject({ connections: [{ source_ip: '198.51.100.7' }] });
      await ask('listConnections', 404, `/v1/mappings/${idOf(99)}/connections`);
    },
    checkMapping: async (id) => {
      const checked = await ask('checkMapping', 200, `/v1/mappings/${id}/check`);
      expect(await checked.json()).toMatchObject({ check: { ok: true } });
      await ask('checkMapping', 404, `/v1/mappings/${idOf(99)}/check`);
    },
    listRouters: () => ask('listRouters', 200, '/v1/routers'),
    listServers: () => ask('listServers', 200, '/v1/servers'),
    showRouter: async () => {
      await ask('showRouter', 200, `/v1/routers/${ROUTER}`);
      await ask('showRouter', 404, '/v1/routers/lost');
    },
    syncRouter: async () => {
      api.node.router.flush();
      await ask('syncRouter', 200, `/v1/routers/${ROUTER}/sync?dry_run=true`);
      await ask('syncRouter', 200, `/v1/routers/${ROUTER}/sync`);
      await ask('syncRouter', 403, `/v1/routers/${ROUTER}/sync`, { token: 'member' });
      await ask('syncRouter', 404, '/v1/routers/lost/sync');
    },
    importRules: async () => {
      Object.assign(api.node.router, unmanagedOf(...pythonRules(4999, '10.20.0.51:22')));
      await ask('importRules', 200, `/v1/routers/${ROUTER}/import?dry_run=true`);
      const taken = await ask('importRules', 200, `/v1/routers/${ROUTER}/import`);
      expect(await taken.json()).toMatchObject({ import: { rules: [{ result: 'imported' }] } });
      await ask('importRules', 403, `/v1/routers/${ROUTER}/import`, { token: 'member' });
      await ask('importRules', 404, '/v1/routers/lost/import');
    },
    listQuotas: () => ask('listQuotas', 200, '/v1/quotas', { token: 'member' }),
    showQuota: async () => {
      await ask('showQuota', 200, '/v1/quotas/blue');
      await ask('showQuota', 400, `/v1/quotas/${'x'.repeat(256)}`);
      await ask('showQuota', 404, '/v1/quotas/red', { token: 'member' });
    },
    updateQuota: async () => {
      await ask('updateQuota', 200, '/v1/quotas/blue', { json: { quota: { mappings: -1 } } });
      await ask('updateQuota', 400, '/v1/quotas/blue', { json: { quota: {} } });
      await ask('updateQuota', 403, '/v1/quotas/blue', { json: { quota: { mappings: 9 } }, token: 'member' });
    },
    listEvents: async (id) => {
      const response = await ask('listEvents', 200, `/v1/events?mapping_id=${id}&type=created&limit=5`);
      expect(await response.json()).toMatchObject({
        events: [{ mapping_id: id, by: { kind: 'operator', name: 'admin' } }],
      });
      const none = await ask('listEvents', 200, '/v1/events', { token: 'member' });
      expect(await none.json()).toEqual({ events: [] });
      await ask('listEvents', 400, '/v1/events?after=yesterday');
    },
    applyCorrections: async (id) => {
      const seen = { server_ip: REQUEST.server_ip, server_id: null, port_id: null };
      const correction = {
        action: 'delete',
        mapping_id: id,
        router_id: ROUTER,
        seen,
        reason: reason('SERVER_DELETED', { server: id }),
      };
      await ask('applyCorrections', 403, '/v1/corrections', { json: { corrections: [correction] }, token: 'member' });
      await ask('applyCorrections', 400, '/v1/corrections', { json: { corrections: [{ ...correction, reason: '' }] } });
      const response = await ask('applyCorrections', 200, '/v1/corrections', { json: { corrections: [correction] } });
      expect(await response.json()).toMatchObject({ applied: [{ mapping: { id } }], failures: [] });
      await ask('showMapping', 404, `/v1/mappings/${id}`);
      const events = await ask('listEvents', 200, `/v1/events?mapping_id=${id}&after=1`);
      expect(await events.json()).toMatchObject({
        events: [{ type: 'deleted', by: { kind: 'monitor' } }],
      });
    },
    resetQuota: async () => {
      await ask('resetQuota', 200, '/v1/quotas/blue');
      await ask('resetQuota', 403, '/v1/quotas/blue', { token: 'member' });
    },
  };

  test('the walk goes through every operation', () => {
    expect(Object.keys(walk).toSorted()).toEqual(contract.operations.map((each) => each.operationId).toSorted());
  });

  test.each(Object.entries(walk))('of %s', async (_, step) => {
    const { id } = await create();

    await step(id);
  });

  test('also when something outside fails', async () => {
    api.node.dataplane.failNext('observe', new Error('a secret of the inside'));
    const response = await ask('createMappings', 500, '/v1/mappings', { json: { mapping: REQUEST } });

    expect(await response.text()).not.toContain('secret');
  });

  test('an answer that is not as described would be found', async () => {
    const operation = contract.operation('showHealth');

    const headers = { 'X-Openstack-Request-Id': 'req-1', 'Content-Type': 'application/json' };
    expect(await contract.whyNotAnswer(operation, Response.json({ status: 'ill' }, { headers }))).toContain('status');
    expect(await contract.whyNotAnswer(operation, Response.json({ status: 'ok', more: 1 }, { headers }))).toContain(
      'additional',
    );
    expect(await contract.whyNotAnswer(operation, Response.json({ status: 'ok' }))).toContain('X-Openstack-Request-Id');
    expect(await contract.whyNotAnswer(operation, new Response('', { status: 418 }))).toContain('418');
  });
});

describe('what the document forbids is refused, and nothing changes', () => {
  const BAD_VALUES: readonly unknown[] = [{}, [{}], -1, 65_536, 'no\u0000', true, 'x'.repeat(300), null];

  test.each(['createMappings', 'updateMapping', 'deleteMappings'])('in every field of the body of %s', async (name) => {
    const { id } = await create();
    const operation = contract.operation(name);
    const example = operation.body?.examples?.[0] as Record<string, unknown>;
    const mapping = example['mapping'] as Record<string, unknown> | undefined;
    const fields = Object.keys((name === 'createMappings' ? NewMappingBody : MappingPatchBody).shape);
    const bodies: unknown[] = [null, 1, [], {}, { ...example, more: 1 }];
    for (const value of BAD_VALUES) {
      for (const key of Object.keys(operation.body?.properties ?? {})) bodies.push({ [key]: value });
      for (const field of mapping ? [...fields, 'unknown'] : [])
        bodies.push({ mapping: { ...mapping, [field]: value } });
    }
    const forbidden = bodies.filter((body) => contract.whyNotBody(operation, body) !== undefined);
    const before = await api.state();

    expect(forbidden.length).toBeGreaterThan(10);
    for (const json of forbidden) {
      const { status } = await api.call(operation.method, operation.path.replace('{id}', id), { json });
      expect({ json, status }).toEqual({ json, status: 400 });
    }
    expect(await api.state()).toBe(before);
  });

  const DEPTH = 100_000;

  test.each([
    ['nested as deep as it goes', `{"ids":${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}}`, 'praas.body-too-complex'],
    ['a length that cannot be compared', '{"ids":{"length":{"valueOf":1,"toString":1}}}', 'praas.invalid-input'],
    [
      'a length that is nested too deeply to compare',
      `{"ids":{"length":${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}}}`,
      'praas.body-too-complex',
    ],
  ])('in a body that is expensive to inspect: %s', async (_, body, code) => {
    const response = await fetch(`${api.url}/v1/mappings/delete`, {
      method: 'POST',
      headers: { 'X-Auth-Token': 'admin' },
      body,
    });

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ code }] });
  });

  test('in every parameter', async () => {
    const { id } = await create();
    const before = await api.state();
    const asked = contract.operations.filter(({ query }) => query.length > 0);

    expect(asked.length).toBeGreaterThan(5);
    for (const operation of asked) {
      const path = operation.path.replace('{id}', operation.path.includes('routers') ? ROUTER : id);
      const json = operation.body?.examples?.[0];
      for (const name of [...operation.query.map((parameter) => parameter.name), 'unknown']) {
        const values = ['', '0x16', '1e1', '-1', 'no', 'x'.repeat(300)];
        const pairs = values.filter((value) => contract.forbidsQuery(operation, [[name, value]]));
        for (const value of pairs) {
          const { status } = await api.call(operation.method, `${path}?${name}=${value}`, { json });
          expect({ path, name, value, status }).toEqual({ path, name, value, status: 400 });
        }
      }
    }
    expect(await api.state()).toBe(before);
  });
});

describe('docs/api.md', () => {
  const text = readFileSync(new URL('../../../docs/api.md', import.meta.url), 'utf8');
  const calls = text
    .split(/^curl /m)
    .slice(1)
    .map((call) => ({
      method: (/-X (\w+)/.exec(call)?.[1] ?? 'GET').toLowerCase(),
      path: /"\$PRAAS_URL(\/[^"?]*)/.exec(call)?.[1]?.replace(/(mappings|routers|quotas)\/(?!delete$)[^/]+/, '$1/{id}'),
      body: /-d '([^']*)'/.exec(call)?.[1],
    }));
  const calledBy = ({ method, path }: Operation) =>
    calls.filter((call) => call.method === method && call.path === path);

  test('has an example of every operation under /v1, and of none that there is not', () => {
    const ways = contract.operations.filter(({ path }) => path.startsWith('/v1/'));

    expect(ways.filter((operation) => calledBy(operation).length === 0)).toEqual([]);
    expect(ways.flatMap(calledBy)).toHaveLength(calls.length);
  });

  test('sends only what the document allows, and a body wherever one is needed', () => {
    for (const operation of contract.operations) {
      for (const { body } of calledBy(operation)) {
        expect(body === undefined).toBe(operation.body === undefined);
        const why = body === undefined ? undefined : contract.whyNotBody(operation, JSON.parse(body));
        expect({ body, why }).toEqual({ body, why: undefined });
      }
    }
  });
});
