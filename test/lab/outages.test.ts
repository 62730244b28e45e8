/** Keystone and Neutron away for a while: what goes on, what is refused with which words, and that it is all back. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Api, login } from '../../lab/api.ts';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import type { Reply, TestDaemon } from '../support/daemon.ts';
import { fromOutside, lab, SEEN_BY, startDaemon, TENANTS } from '../support/lab.ts';

interface Refusal {
  readonly errors: readonly { readonly code: string; readonly detail: string }[];
}
interface Readiness {
  readonly degraded: boolean;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
}

let daemon: TestDaemon;
let token: string;

beforeAll(async () => {
  daemon = await startDaemon();
  token = await TENANTS.demo.token();
  await lab('listen', 'web', '8080');
});
afterEach(async () => {
  await lab('start', 'keystone', 'neutron-server');
  const { body } = await daemon.ask<{ mappings: readonly Mapping[] }>('GET', '/v1/mappings');
  for (const { id } of body.mappings) await daemon.ask('DELETE', `/v1/mappings/${id}`);
});
afterAll(async () => {
  await lab('unlisten', 'web', '8080');
  await daemon.remove();
});

const list = (asked: string): Promise<Reply<Refusal>> => daemon.ask('GET', '/v1/mappings', { token: asked });
const publish = (): Promise<Reply<Refusal & { readonly mapping: Mapping }>> =>
  daemon.ask('POST', '/v1/mappings', { token, body: { mapping: { server: 'web', server_port: 8080 } } });
const codeOf = ({ body }: Reply<Refusal>): string | undefined => body.errors[0]?.code;
async function cloud(): Promise<{ readonly degraded: boolean; readonly ok: boolean | undefined }> {
  const { body } = await daemon.ask<Readiness>('GET', '/readyz', { token: undefined });
  return { degraded: body.degraded, ok: body.checks.find(({ name }) => name === 'cloud')?.ok };
}
async function untilCloudIs(ok: boolean): Promise<void> {
  const end = Date.now() + 30_000;
  while ((await cloud()).ok !== ok && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 200));
  expect((await cloud()).ok).toBe(ok);
}

test('Keystone away: tokens that were seen a moment ago go on, others get 503 and not 401', async () => {
  const fresh = await login('demo');
  expect((await list(token)).status).toBe(200);
  await lab('stop', 'keystone');

  expect((await list(token)).status).toBe(200);
  const refused = await list(fresh);
  expect(refused.status).toBe(503);
  expect(codeOf(refused)).toBe('praas.cloud-unavailable');

  await lab('start', 'keystone');
  expect((await list(fresh)).status).toBe(200);
});

test('Neutron stopped: what needs it is CLOUD_UNAVAILABLE, what is published stays and can be deleted, and readiness shows it', async () => {
  const { mapping } = (await publish()).body;
  await untilCloudIs(true);
  await lab('stop', 'neutron-server');

  const refused = await publish();
  expect(refused.status).toBe(503);
  expect(codeOf(refused)).toBe('praas.cloud-unavailable');
  await untilCloudIs(false);
  expect((await cloud()).degraded).toBe(true);
  expect(await fromOutside(mapping.gateway_ip, mapping.router_port)).toBe(SEEN_BY('web'));
  expect((await list(token)).status).toBe(200);
  expect((await daemon.ask('DELETE', `/v1/mappings/${mapping.id}`, { token })).status).toBe(204);
  expect(await fromOutside(mapping.gateway_ip, mapping.router_port)).toBe('refused');

  await lab('start', 'neutron-server');
  await untilCloudIs(true);
  expect((await publish()).status).toBe(201);
});

test('a token that Keystone does not know, and one that was revoked, get 401', async () => {
  const revoked = await login('demo');
  const admin = await TENANTS.admin.token();
  await fetch('http://127.0.0.1:5000/v3/auth/tokens', {
    method: 'DELETE',
    headers: { 'X-Auth-Token': admin, 'X-Subject-Token': revoked },
  });

  expect((await list(revoked)).status).toBe(401);
  expect((await list(`${revoked.slice(0, -4)}AAAA`)).status).toBe(401);
});

test('a user whose role was taken away may nothing any more', async () => {
  const { admin } = TENANTS;
  const domain_id = 'default';
  const project = await admin.ensure('identity', 'projects', 'project', { name: 'demo', domain_id });
  const user = await admin.ensure('identity', 'users', 'user', { name: 'passer-by', domain_id, password: 'lab' });
  const member = await admin.find('identity', 'roles', 'member');
  const path = `/projects/${project.id}/users/${user.id}/roles/${member.id}`;
  await admin.call('identity', 'PUT', path);
  const scoped = await scopedToken('passer-by', 'demo');
  await admin.call('identity', 'DELETE', path);
  try {
    expect((await list(scoped)).status).toBe(401);
  } finally {
    await admin.call('identity', 'DELETE', `/users/${user.id}`);
  }
});

test('an administrator with system scope is an operator, one of a project is not', async () => {
  await publish();
  const everything = await daemon.ask<{ mappings: readonly Mapping[] }>('GET', '/v1/mappings', {
    token: await login('admin', 'system'),
  });
  const own = await daemon.ask<{ mappings: readonly Mapping[] }>('GET', '/v1/mappings', {
    token: await new Api('admin').token(),
  });

  expect(everything.body.mappings).toHaveLength(1);
  expect(own.body.mappings).toEqual([]);
});

async function scopedToken(name: string, project: string): Promise<string> {
  const domain = { name: 'Default' };
  const identity = { methods: ['password'], password: { user: { name, domain, password: 'lab' } } };
  const response = await fetch('http://127.0.0.1:5000/v3/auth/tokens', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ auth: { identity, scope: { project: { name: project, domain } } } }),
  });
  return response.headers.get('X-Subject-Token') ?? '';
}
