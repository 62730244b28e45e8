/** What happens to routers in Neutron, and what becomes of their mappings: DOWN with the reason, and back by themselves. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import type { TestDaemon } from '../support/daemon.ts';
import { changeRouter, fromOutside, gatewayOf, lab, routerOf, SEEN_BY, startDaemon, TENANTS } from '../support/lab.ts';

const WAIT_MS = 30_000;

let daemon: TestDaemon;
let mapping: Mapping;

beforeAll(async () => {
  daemon = await startDaemon();
  await lab('listen', 'web', '8080');
  const body = { mapping: { router: 'edge', server: 'web', server_port: 8080 } };
  const created = await daemon.ask<{ mapping: Mapping }>('POST', '/v1/mappings', {
    token: await TENANTS.demo.token(),
    body,
  });
  mapping = created.body.mapping;
});
beforeEach(async () => {
  await eventually(async () => (await seen()).status, 'ACTIVE');
});
afterAll(async () => {
  await daemon.ask('DELETE', `/v1/mappings/${mapping.id}`);
  await lab('unlisten', 'web', '8080');
  await daemon.remove();
});

async function seen(): Promise<Mapping> {
  return (await daemon.ask<{ mapping: Mapping }>('GET', `/v1/mappings/${mapping.id}`)).body.mapping;
}

async function eventually<T>(look: () => Promise<T>, expected: T): Promise<void> {
  const end = Date.now() + WAIT_MS;
  while ((await look()) !== expected && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 200));
  expect(await look()).toEqual(expected);
}

/** The mapping is open, at the address that the router has now. */
async function isOpen(): Promise<void> {
  await eventually(async () => (await seen()).status, 'ACTIVE');
  await eventually(async () => (await seen()).gateway_ip, await gatewayOf('edge'));
  await eventually(async () => fromOutside(await gatewayOf('edge'), mapping.router_port), SEEN_BY('web'));
}

test('a router that is set down, and up again', async () => {
  await isOpen();
  await changeRouter('demo', 'edge', { admin_state_up: false });
  await eventually(async () => (await seen()).status, 'DOWN');
  await eventually(async () => (await seen()).status_code, 'ROUTER_DISABLED');

  await changeRouter('demo', 'edge', { admin_state_up: true });
  await isOpen();
});

test('a gateway that is cleared, and set to another address', async () => {
  const before = await gatewayOf('edge');
  await changeRouter('demo', 'edge', { external_gateway_info: {} });
  await eventually(async () => (await seen()).status, 'DOWN');
  expect((await seen()).status_code).toBe('NO_EXTERNAL_GATEWAY');

  const { id: network_id } = await TENANTS.admin.find('network', 'networks', 'public');
  const other = before === '203.0.113.240' ? '203.0.113.241' : '203.0.113.240';
  const { id } = await routerOf('edge');
  await TENANTS.admin.call('network', 'PUT', `/routers/${id}`, {
    router: { external_gateway_info: { network_id, external_fixed_ips: [{ ip_address: other }] } },
  });
  expect(await gatewayOf('edge')).toBe(other);
  await isOpen();
});

test('an agent that is started again changes nothing', async () => {
  await isOpen();
  const agent = async (): Promise<{ readonly id: string; readonly started_at: string }> =>
    (await TENANTS.admin.call('network', 'GET', '/agents?binary=neutron-l3-agent')).agents[0];
  const before = await agent();
  await lab('restart', 'neutron-l3-agent');

  await eventually(async () => (await agent()).started_at !== before.started_at, true);
  await isOpen();
});

test('a router that goes from the node, and comes back', async () => {
  const { id } = await routerOf('edge');
  const { agents } = await TENANTS.admin.call('network', 'GET', '/agents?binary=neutron-l3-agent');
  const path = `/agents/${agents[0].id}/l3-routers`;
  await TENANTS.admin.call('network', 'DELETE', `${path}/${id}`);
  await eventually(async () => existsSync(`/run/netns/qrouter-${id}`), false);
  await eventually(async () => (await seen()).status, 'DOWN');

  await TENANTS.admin.call('network', 'POST', path, { router_id: id });
  await isOpen();
});

test('a highly available router publishes on the node where it is active', async () => {
  try {
    await lab('router', 'create', 'pair', '--ha', '--gateway');
    const { id } = await TENANTS.demo
      .call('network', 'POST', '/networks', { network: { name: 'pair' } })
      .then(({ network }) => network);
    const subnet = { name: 'pair', network_id: id, ip_version: 4, cidr: '10.30.0.0/24' };
    await TENANTS.demo.call('network', 'POST', '/subnets', { subnet });
    await lab('router', 'create', 'pair', '--ha', '--gateway', '--subnet', 'pair');
    await lab('server', 'create', 'paired', '--network', 'pair');
    await lab('listen', 'paired', '8080');
    const body = { mapping: { server: 'paired', server_port: 8080 } };
    const token = await TENANTS.demo.token();
    const made = await daemon.ask<{ mapping: Mapping }>('POST', '/v1/mappings', { token, body });

    expect(made.body.mapping).toMatchObject({ status: 'ACTIVE', gateway_ip: await gatewayOf('pair') });
    await eventually(() => fromOutside(made.body.mapping.gateway_ip, made.body.mapping.router_port), SEEN_BY('paired'));
    await daemon.ask('DELETE', `/v1/mappings/${made.body.mapping.id}`, { token });
    expect(await fromOutside(made.body.mapping.gateway_ip, made.body.mapping.router_port)).toBe('refused');
  } finally {
    await lab('server', 'delete', 'paired').catch(() => undefined);
    await lab('router', 'delete', 'pair');
    const network = await TENANTS.demo.find('network', 'networks', 'pair');
    if (network) await TENANTS.demo.call('network', 'DELETE', `/networks/${network.id}`);
  }
});
