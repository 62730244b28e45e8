/** `praas pat check` on a real cloud: each kind of failure is found, and its next step is given. */
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { CheckReport, HopName, HopVerdict } from '../../src/pat/check/report.ts';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import type { TestDaemon } from '../support/daemon.ts';
import { guest, lab, startDaemon, TENANTS } from '../support/lab.ts';

let daemon: TestDaemon;
const made: string[] = [];

beforeAll(async () => {
  daemon = await startDaemon();
});
afterAll(async () => {
  for (const id of made) await daemon.ask('DELETE', `/v1/mappings/${id}`);
  await daemon.remove();
});

async function publish(server_port: number, server = 'web'): Promise<Mapping> {
  const body = { mapping: { server, server_port } };
  const token = await TENANTS.demo.token();
  const { mapping } = (await daemon.ask<{ mapping: Mapping }>('POST', '/v1/mappings', { token, body })).body;
  made.push(mapping.id);
  return mapping;
}

async function check({ id }: Mapping, token?: string): Promise<CheckReport> {
  const options = token === undefined ? {} : { token };
  return (await daemon.ask<{ check: CheckReport }>('GET', `/v1/mappings/${id}/check`, options)).body.check;
}

const verdictsOf = ({ hops }: CheckReport): Partial<Record<HopName, HopVerdict>> =>
  Object.fromEntries(hops.map(({ hop, verdict }) => [hop, verdict]));

test('without a failure every hop is ok; only the operator sees the host', async () => {
  await lab('listen', 'web', '8080');
  const mapping = await publish(8080);
  const report = await check(mapping);
  const tenants = await check(mapping, await TENANTS.demo.token());
  await lab('unlisten', 'web', '8080');

  expect(verdictsOf(report)).toMatchObject({
    mapping: 'ok',
    router: 'ok',
    node: 'ok',
    rule: 'ok',
    address_scope: 'ok',
    security_group: 'ok',
    port: 'ok',
    server: 'ok',
    connection: 'ok',
  });
  expect(JSON.stringify(report)).toContain('lab-node');
  expect(tenants.ok).toBe(true);
  expect(JSON.stringify(tenants)).not.toContain('lab-node');
});

test('no process listens on the server', async () => {
  const report = await check(await publish(80));

  expect(verdictsOf(report)).toMatchObject({ security_group: 'ok', connection: 'failed' });
  expect(report.conclusion).toContain('10.20.0.51:80');
});

test('the security groups drop the packets', async () => {
  const report = await check(await publish(9999));

  expect(verdictsOf(report)).toMatchObject({ security_group: 'failed', connection: 'unknown' });
  expect(report.conclusion).toContain('tcp 9999');
});

test('the server is shut off', async () => {
  // Of its own: nova's fake driver forgets its servers when the lab is started again, and then cannot stop them.
  await lab('server', 'create', 'sleeper');
  try {
    const mapping = await publish(8080, 'sleeper');
    const path = `/servers/${guest('sleeper').server_id}`;
    await TENANTS.demo.call('compute', 'POST', `${path}/action`, { 'os-stop': null });
    const now = async (): Promise<string> => (await TENANTS.demo.call('compute', 'GET', path)).server.status;
    const end = Date.now() + 60_000;
    while ((await now()) !== 'SHUTOFF' && Date.now() < end) await setTimeout(200);
    expect(await now()).toBe('SHUTOFF');

    expect((await check(mapping)).hops.find(({ hop }) => hop === 'server')).toMatchObject({
      verdict: 'failed',
      detail: expect.stringContaining('SHUTOFF'),
      next_step: expect.stringContaining('openstack server start sleeper'),
    });
  } finally {
    await lab('server', 'delete', 'sleeper');
  }
});
