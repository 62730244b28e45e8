/** Published ports that the server's security groups drop: said, opened when asked, closed again. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import type { TestDaemon } from '../support/daemon.ts';
import { fromOutside, gatewayOf, lab, SEEN_BY, startDaemon, TENANTS } from '../support/lab.ts';

let daemon: TestDaemon;
let gateway: string;
const made: string[] = [];

type Created = { readonly mapping: Mapping; readonly warnings: readonly string[] };

beforeAll(async () => {
  daemon = await startDaemon();
  gateway = await gatewayOf('edge');
  await lab('listen', 'web', '9090');
});
afterEach(async () => {
  const ids = made.splice(0);
  if (ids.length > 0) await daemon.ask('POST', '/v1/mappings/delete', { body: { ids } });
});
afterAll(async () => {
  await lab('unlisten', 'web', '9090');
  await daemon?.remove();
});

async function create(more: object): Promise<Created> {
  const body = { mapping: { server: 'web', server_port: 9090, ...more } };
  const reply = await daemon.ask<Created>('POST', '/v1/mappings', { token: await TENANTS.demo.token(), body });
  expect(reply.status).toBe(201);
  made.push(reply.body.mapping.id);
  return reply.body;
}

async function rules(): Promise<readonly string[]> {
  const { security_group_rules: all } = await TENANTS.demo.call('network', 'GET', '/security-group-rules');
  return (all as { readonly id: string }[]).map(({ id }) => id).toSorted();
}

/** The agent filters a moment after Neutron was told. */
async function eventually(port: number, expected: string): Promise<void> {
  const end = Date.now() + 20_000;
  while ((await fromOutside(gateway, port)) !== expected && Date.now() < end);
  expect(await fromOutside(gateway, port)).toBe(expected);
}

test('what they drop is a warning, with the rule that is missing', async () => {
  const { mapping, warnings } = await create({});

  expect(warnings.join()).toMatch(/tcp 9090.*--open-security-group/);
  expect(await fromOutside(gateway, mapping.router_port)).toBe('timed out');
});

test('there is no warning for what they allow', async () => {
  expect((await create({ server_port: 8080 })).warnings).toEqual([]);
});

test('opened with the mapping, closed with it, and nothing else is touched', async () => {
  const before = await rules();
  const { mapping, warnings } = await create({ open_security_group: true });
  expect(warnings).toEqual([]);
  expect(mapping.security_group_rule_ids).toHaveLength(1);
  expect(await rules()).toEqual([...before, ...mapping.security_group_rule_ids].toSorted());
  await eventually(mapping.router_port, SEEN_BY('web'));

  await daemon.ask('DELETE', `/v1/mappings/${mapping.id}`, { token: await TENANTS.demo.token() });
  expect(await rules()).toEqual(before);
  expect(await fromOutside(gateway, mapping.router_port)).toBe('refused');
});

test('what could not be published is not left open', async () => {
  const before = await rules();
  await create({ server_port: 8080, router_port: 4040 });
  const body = { mapping: { server: 'web', server_port: 9090, router_port: 4040, open_security_group: true } };
  const reply = await daemon.ask('POST', '/v1/mappings', { token: await TENANTS.demo.token(), body });

  expect(reply.status).toBe(409);
  expect(await rules()).toEqual(before);
});
