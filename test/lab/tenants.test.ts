/** Two tenants whose networks and servers have the same addresses, on two routers of one node. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import type { Reply, TestDaemon } from '../support/daemon.ts';
import { fromOutside, gatewayOf, guest, lab, routerOf, SEEN_BY, startDaemon, TENANTS } from '../support/lab.ts';

let daemon: TestDaemon;
let tokens: { readonly demo: string; readonly other: string };
let gateways: { readonly demo: string; readonly other: string };
const made: string[] = [];

type Tenant = 'demo' | 'other';
type Created = { readonly mapping: Mapping; readonly warnings: readonly string[] };

beforeAll(async () => {
  daemon = await startDaemon();
  tokens = { demo: await TENANTS.demo.token(), other: await TENANTS.other.token() };
  gateways = { demo: await gatewayOf('edge'), other: await gatewayOf('edge-other') };
  await lab('listen', 'web', '8080');
  await lab('listen', 'otherweb', '8080');
});
afterEach(async () => {
  const ids = made.splice(0);
  if (ids.length > 0) await daemon.ask('POST', '/v1/mappings/delete', { body: { ids } });
});
afterAll(async () => {
  await lab('unlisten', 'web', '8080');
  await lab('unlisten', 'otherweb', '8080');
  await daemon?.remove();
});

async function create(tenant: Tenant, mapping: object): Promise<Reply<Created>> {
  const body = { mapping: { server_port: 8080, ...mapping } };
  const reply = await daemon.ask<Created>('POST', '/v1/mappings', { token: tokens[tenant], body });
  if (reply.status === 201) made.push(reply.body.mapping.id);
  return reply;
}

/** Everything that the API shows to who may see all. */
async function everything(): Promise<unknown> {
  const { body } = await daemon.ask('GET', '/v1/mappings');
  return body;
}

test('each reaches its own server at the same address, and nothing before and after', async () => {
  expect(await fromOutside(gateways.demo, 4000)).toBe('refused');
  expect(await fromOutside(gateways.other, 4000)).toBe('refused');

  const [first, second] = [await create('demo', { server: 'web' }), await create('other', { server: 'otherweb' })];
  expect(first.body.mapping).toMatchObject({ gateway_ip: gateways.demo, router_port: 4000, server_ip: '10.20.0.51' });
  expect(second.body.mapping).toMatchObject({ gateway_ip: gateways.other, router_port: 4000, server_ip: '10.20.0.51' });
  expect(first.body.mapping.port_id).toBe(guest('web').port_id);
  expect(second.body.mapping.port_id).toBe(guest('otherweb').port_id);
  expect(await fromOutside(gateways.demo, 4000)).toBe(SEEN_BY('web'));
  expect(await fromOutside(gateways.other, 4000)).toBe(SEEN_BY('otherweb'));

  const path = `/v1/mappings/${first.body.mapping.id}`;
  made.splice(made.indexOf(first.body.mapping.id), 1);
  expect((await daemon.ask('DELETE', path, { token: tokens.demo })).status).toBe(204);
  expect(await fromOutside(gateways.demo, 4000)).toBe('refused');
  expect(await fromOutside(gateways.other, 4000)).toBe(SEEN_BY('otherweb'));
});

test('each sees its own routers, servers and mappings', async () => {
  await create('demo', { server: 'web' });
  await create('other', { server: 'otherweb' });

  for (const [tenant, router, servers] of [
    ['demo', 'edge', ['db', 'web']],
    ['other', 'edge-other', ['otherweb']],
  ] as const) {
    const see = async (path: string): Promise<Record<string, { name: string }[]>> =>
      (await daemon.ask<Record<string, { name: string }[]>>('GET', path, { token: tokens[tenant] })).body;
    expect((await see('/v1/routers'))['routers']?.map(({ name }) => name)).toEqual([router]);
    expect((await see('/v1/servers'))['servers']?.map(({ name }) => name)).toEqual(servers);
    expect((await see('/v1/mappings'))['mappings']).toHaveLength(1);
  }
});

describe('what is the other tenant’s is not there', () => {
  const missing = async (tenant: Tenant, wish: object): Promise<void> => {
    const before = await everything();
    const reply = await create(tenant, wish);
    expect(reply.status).toBe(404);
    expect(await everything()).toEqual(before);
  };

  test('its server by name, by ID, by port, and its router', async () => {
    const [web, edge] = [guest('web'), (await routerOf('edge')).id];
    await missing('other', { server: 'web' });
    await missing('other', { server: web.server_id });
    await missing('other', { port_id: web.port_id });
    await missing('other', { router: 'edge', server: 'otherweb' });
    await missing('other', { router_id: edge, server: 'otherweb' });
    await missing('other', { router_id: edge, server_ip: web.ip });
  });

  test('its mapping: to look at, to change, to delete, and its connections and router', async () => {
    const { id, router_port } = (await create('demo', { server: 'web' })).body.mapping;
    const edge = (await routerOf('edge')).id;
    const before = await everything();
    const token = tokens.other;
    const tried = [
      await daemon.ask('GET', `/v1/mappings/${id}`, { token }),
      await daemon.ask('GET', `/v1/mappings/${id}/connections`, { token }),
      await daemon.ask('PATCH', `/v1/mappings/${id}`, { token, body: { mapping: { router_port: 4050 } } }),
      await daemon.ask('DELETE', `/v1/mappings/${id}`, { token }),
      await daemon.ask('POST', '/v1/mappings/delete', { token, body: { ids: [id] } }),
      await daemon.ask('GET', `/v1/routers/${edge}`, { token }),
    ];

    expect(tried.map(({ status }) => status)).toEqual(tried.map(() => 404));
    expect(await everything()).toEqual(before);
    expect(await fromOutside(gateways.demo, router_port)).toBe(SEEN_BY('web'));
  });

  test('its server as the new target of one’s own mapping', async () => {
    await lab('server', 'create', 'moving');
    try {
      const { id, router_port } = (await create('other', { server: 'otherweb' })).body.mapping;
      const body = { mapping: { server_ip: guest('moving').ip } };
      const reply = await daemon.ask('PATCH', `/v1/mappings/${id}`, { token: tokens.other, body });

      expect(reply.status).toBe(404);
      expect(await fromOutside(gateways.other, router_port)).toBe(SEEN_BY('otherweb'));
    } finally {
      await lab('server', 'delete', 'moving');
    }
  });
});

describe('what members may not do', () => {
  test.each([
    ['a router port outside of the range', { server: 'web', router_port: 22 }],
    ['a target that is no Neutron port', { router: 'edge', server_ip: '10.20.0.250' }],
  ])('%s', async (_, wish) => {
    const before = await everything();
    expect([403, 404]).toContain((await create('demo', wish)).status);
    expect(await everything()).toEqual(before);
  });

  test('set a quota, or make a router equal to the store', async () => {
    const token = tokens.demo;
    const { id } = await routerOf('edge');
    const project = (await TENANTS.admin.find('identity', 'projects', 'demo')).id;
    const body = { quota: { mappings: 1000 } };

    expect((await daemon.ask('PATCH', `/v1/quotas/${project}`, { token, body })).status).toBe(403);
    expect((await daemon.ask('POST', `/v1/routers/${id}/sync`, { token })).status).toBe(403);
  });
});

test('a quota limits what a project may have: QUOTA_EXCEEDED', async () => {
  const project = (await TENANTS.admin.find('identity', 'projects', 'demo')).id;
  await daemon.ask('PATCH', `/v1/quotas/${project}`, { body: { quota: { mappings: 1 } } });
  await create('demo', { server: 'web' });

  const reply = await create('demo', { server: 'web' });
  expect(reply.status).toBe(409);
  expect(JSON.stringify(reply.body)).toContain('praas.quota-exceeded');
  await daemon.ask('DELETE', `/v1/quotas/${project}`);
  expect((await create('demo', { server: 'web' })).status).toBe(201);
});

test('a port that changed hands a moment ago is refused', async () => {
  await lab('server', 'create', 'passing');
  const { port_id, ip } = guest('passing');
  let status: number;
  try {
    ({ status } = await create('demo', { port_id }));
  } finally {
    await lab('server', 'delete', 'passing');
  }
  expect(status).toBe(201);

  expect((await create('demo', { port_id })).status).toBe(404);
  expect((await create('demo', { router: 'edge', server_ip: ip })).status).toBe(404);
});
