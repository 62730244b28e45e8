/** The adapter, over a fake OpenStack that answers as a real one does, keeps what the domain relies on. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseCloud } from '../../src/openstack/clouds/merge.ts';
import { OpenStackCloud } from '../../src/openstack/openstack-cloud.ts';
import { ServiceClient } from '../../src/openstack/service-client.ts';
import { Session } from '../../src/openstack/session.ts';
import { systemClock } from '../../src/system/clock.ts';
import { testCloud } from '../support/cloud-contract.ts';
import { DEMO, FakeCloud, OTHER, OTHER_ROUTER, OTHERWEB_PORT, WEB, WEB_PORT } from '../support/fake-cloud.ts';
import { FakeOpenStack } from '../support/fake-openstack.ts';
import { portRow, routerRow, serverRow } from '../support/openstack-rows.ts';
import { GATEWAY, idOf, ROUTER } from '../support/samples.ts';

const GROUP = idOf(150);
const TCP_FROM_ANYWHERE = { protocol: 'tcp', remote_ip_prefix: null, description: '' } as const;

let fake: FakeOpenStack;
let session: Session;
let cloud: OpenStackCloud;

beforeAll(async () => {
  fake = await FakeOpenStack.start(Date.now);
  const auth = { auth_url: fake.keystone, username: 'praas', password: 'x', project_name: 'service' };
  const config = parseCloud({
    name: 'praas',
    where: 'clouds.yaml',
    cloud: { auth, region_name: 'RegionOne' },
    variables: {},
  });
  const http = new ServiceClient({ verify: true, timeoutMs: 5000, random: () => 0, pause: async () => undefined });
  session = new Session({ config, http, clock: systemClock });
  cloud = new OpenStackCloud(session);
  const { itsRouters, itsPorts, itsServers } = new FakeCloud();
  fake.tables.routers.push(...itsRouters.map(routerRow));
  fake.tables.ports.push(...itsPorts.map(portRow));
  fake.tables.servers.push(...itsServers.map(serverRow));
  fake.tables.projects.push(...[DEMO, OTHER].map((id) => ({ id, name: id, enabled: true })));
  fake.tables.security_groups.push({ id: GROUP, name: 'web', project_id: DEMO, stateful: true });
  fake.tables.agents.push({ host: 'node-1', alive: true, ha_state: null, agentType: 'L3 agent' });
});
afterAll(async () => {
  session.close();
  await fake.stop();
});

testCloud(async () => ({
  cloud,
  project_id: DEMO,
  router: { id: ROUTER, name: 'edge', gateway_ip: GATEWAY },
  server: { id: WEB, name: 'web', ip: '10.20.0.51' },
  port: { id: WEB_PORT, network_id: idOf(130) },
  security_group: { id: GROUP, name: 'web' },
  other: { project_id: OTHER, router_id: OTHER_ROUTER, port_id: OTHERWEB_PORT },
}));

describe('fields', () => {
  test('a member of a project is shown fewer, and they are what they would usually be', async () => {
    const [router, port] = [idOf(301), idOf(302)];
    const gateway = { network_id: idOf(140), external_fixed_ips: [] };
    fake.tables.routers.push({ id: router, name: '', admin_state_up: true, external_gateway_info: gateway });
    fake.tables.ports.push({ id: port, network_id: idOf(130), admin_state_up: false, fixed_ips: [] });

    expect(await cloud.router(router)).toMatchObject({ gateway_ips: [], isHa: false, isDistributed: false });
    expect(await cloud.port(port)).toMatchObject({ host: '', isUp: false, device_id: '', hasPortSecurity: true });
  });

  test('a router without a gateway, and one with addresses of both kinds', async () => {
    const addresses = ['2001:db8::5', '203.0.113.30', '203.0.113.31'];
    const external_fixed_ips = addresses.map((ip_address) => ({ ip_address, subnet_id: idOf(141) }));
    const row = { name: 'r', project_id: DEMO, admin_state_up: true, status: 'ACTIVE', ha: true, distributed: true };
    fake.tables.routers.push(
      { ...row, id: idOf(303), external_gateway_info: null },
      { ...row, id: idOf(304), external_gateway_info: { external_fixed_ips } },
    );

    expect((await cloud.router(idOf(303)))?.gateway_ips).toEqual([]);
    expect(await cloud.router(idOf(304))).toMatchObject({
      gateway_ips: ['203.0.113.30', '203.0.113.31'],
      isHa: true,
      isDistributed: true,
    });
  });

  test('a floating IP that leads somewhere, and one that does not', async () => {
    const row = { project_id: DEMO, floatingNetworkId: idOf(140) };
    fake.tables.floatingips.push(
      { ...row, id: idOf(305), floating_ip_address: '203.0.113.40', port_id: WEB_PORT, router_id: ROUTER },
      { ...row, id: idOf(306), floating_ip_address: '203.0.113.41', port_id: null, router_id: null },
      { ...row, id: idOf(307), floating_ip_address: '203.0.113.42', port_id: null, project_id: OTHER },
    );

    expect(await cloud.floatingIps({ project_id: DEMO })).toEqual([
      { id: idOf(305), address: '203.0.113.40', project_id: DEMO, port_id: WEB_PORT, router_id: ROUTER },
      { id: idOf(306), address: '203.0.113.41', project_id: DEMO, port_id: null, router_id: null },
    ]);
    expect(await cloud.floatingIps()).toHaveLength(3);
  });
});

test('more IDs than fit in one address are asked in parts, and nothing is lost or there twice', async () => {
  const ids = Array.from({ length: 120 }, (_, index) => idOf(1000 + index));
  const row = { network_id: idOf(130), admin_state_up: true, fixed_ips: [], device_id: 'many' };
  fake.tables.ports.push(...ids.map((id) => ({ ...row, id })));
  const found = await cloud.ports({ ids });

  expect(found.map(({ id }) => id)).toEqual(ids);
  expect(Math.max(...fake.asked.map(({ path }) => path.length))).toBeLessThan(4096);
  expect(await cloud.ports({ ids, deviceIds: ['many'] })).toHaveLength(120);
});

test('a name is taken as it is written, not as a pattern', async () => {
  const names = ['web.1', 'web-1', 'xweb.1', 'web.1x', '(a|b)[c]*'];
  fake.tables.servers.push(
    ...names.map((name, index) => ({ id: idOf(400 + index), name, tenant_id: OTHER, status: 'ACTIVE' })),
  );

  for (const name of names) expect((await cloud.servers({ name })).map((server) => server.name)).toEqual([name]);
});

test('an ID is one part of an address, whatever is in it', async () => {
  for (const id of ['../ports', 'a/b', 'a?b=c', '']) await cloud.router(id).catch(() => undefined);

  const paths = fake.asked.slice(-4).map(({ path }) => path);
  expect(paths.map((path) => path.split('/').length)).toEqual([5, 5, 5, 5]);
});

describe('a rule of a security group', () => {
  test('that is there already is refused', async () => {
    const rule = { ...TCP_FROM_ANYWHERE, security_group_id: GROUP, port: 8443 };
    const { id } = await cloud.addSecurityGroupRule(rule);

    await expect(cloud.addSecurityGroupRule(rule)).rejects.toMatchObject({
      code: 'CLOUD_REFUSED',
      facts: { status: 409, reason: expect.stringContaining('already exists') },
    });
    await cloud.removeSecurityGroupRule(id);
  });

  test('of a group that is gone is refused', async () => {
    const rule = { ...TCP_FROM_ANYWHERE, security_group_id: idOf(999), port: 8443 };
    await expect(cloud.addSecurityGroupRule(rule)).rejects.toMatchObject({ code: 'CLOUD_REFUSED' });
  });

  test('that may not be taken away is not taken for gone', async () => {
    fake.troubles.push({ status: 403, text: '{"NeutronError": {"message": "not for you"}}' });
    await expect(cloud.removeSecurityGroupRule(idOf(1))).rejects.toMatchObject({ code: 'CLOUD_REFUSED' });
    fake.troubles.push({ status: 404, text: '<html>no such page</html>' });
    await expect(cloud.removeSecurityGroupRule(idOf(1))).rejects.toMatchObject({ code: 'CLOUD_BAD_RESPONSE' });
  });
});
