/** A security group rule whose mapping was deleted while Neutron was away, and a daemon that is killed before Neutron is back. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import type { MappingView } from '../../src/pat/mapping/view.ts';
import { TestDaemon } from '../support/daemon.ts';
import { testShell, waitUntil } from '../support/executable.ts';
import { DEMO, gatewayPort, interfacePort, portOf, routerOf, SUBNET, WEB, WEB_PORT } from '../support/fake-cloud.ts';
import { FakeOpenStack } from '../support/fake-openstack.ts';
import { portRow, routerRow, serverRow } from '../support/openstack-rows.ts';
import { idOf } from '../support/samples.ts';
import { type TestWorld, testWorld } from '../support/world.ts';

let world: TestWorld;
let daemon: TestDaemon;
let openstack: FakeOpenStack;
afterEach(async () => {
  await daemon.remove();
  await world.remove();
  await openstack.stop();
});

/** Every service answers 503 until there are no more troubles. */
const AWAY = Array.from({ length: 10_000 }, () => ({ status: 503 }));

/** Writes the clouds.yaml of that node, gives its path. */
function cloudsIn(directory: string): string {
  const path = join(directory, 'clouds.yaml');
  const account = { username: 'praas', password: 'secret', project_name: 'service', user_domain_name: 'Default' };
  const auth = { auth_url: openstack.keystone, ...account, project_domain_name: 'Default' };
  writeFileSync(path, JSON.stringify({ clouds: { praas: { auth } } }), { mode: 0o600 });
  return path;
}

test('the rule is there before, stays while Neutron is away, and goes when it is back', async () => {
  world = await testWorld({ router: 'neutron', neutronRules: true });
  openstack = await FakeOpenStack.start(() => Date.now());
  const { routers, ports, servers, security_groups, security_group_rules: rules } = openstack.tables;
  const { router_id, gateway } = world;
  routers.push(routerRow(routerOf({ id: router_id, name: 'edge', gateway_ips: [gateway] })));
  const inside = interfacePort(idOf(113), router_id, { fixed_ips: [{ ip_address: '10.20.0.1', subnet_id: SUBNET }] });
  ports.push(...[portOf({ id: WEB_PORT }), gatewayPort(idOf(112), router_id, gateway), inside].map(portRow));
  servers.push(serverRow({ id: WEB, name: 'web', project_id: DEMO, status: 'ACTIVE' }));
  security_groups.push({ id: idOf(150), name: 'web', project_id: DEMO });
  const { directory } = testShell({ settings: ['second_monitoring = 1'] });
  daemon = await TestDaemon.start({ directory, env: { PRAAS_CLOUDS_PATH: cloudsIn(directory) } });

  const mapping = { router_id, server_ip: '10.20.0.51', server_port: 80, open_security_group: true };
  const { status, body } = await daemon.ask<{ mapping: MappingView }>('POST', '/v1/mappings', { body: { mapping } });
  expect([status, body]).toMatchObject([201, {}]);
  const described = () => rules.map(({ description }) => description);
  expect(described()).toEqual([`praas:${body.mapping.id}`]);

  openstack.troubles.push(...AWAY);
  // Deleted, with a warning that its rule is still there.
  const deleted = await daemon.ask<{ warnings: readonly string[] }>('DELETE', `/v1/mappings/${body.mapping.id}`);
  expect([deleted.status, deleted.body.warnings?.length]).toEqual([200, 1]);
  await daemon.kill();
  await daemon.begin();
  expect(described()).toEqual([`praas:${body.mapping.id}`]);

  openstack.troubles.splice(0);
  await waitUntil(() => rules.length === 0);
});
