/** How requests resolve, and which are refused, with two tenants whose networks and servers have the same addresses. */

import { beforeEach, describe, expect, test } from '@jest/globals';
import { ROOT } from '../../../src/core/identity/requester.ts';
import type { MappingRequestInput } from '../../../src/pat/mapping/request.ts';
import { CloudTargets } from '../../../src/pat/target/cloud-targets.ts';
import { addressWarning } from '../../../src/pat/target/warnings.ts';
import {
  DEMO,
  FakeCloud,
  OTHER,
  OTHER_ROUTER,
  OTHERWEB,
  OTHERWEB_PORT,
  portOf,
  routerOf,
  WEB,
  WEB_PORT,
} from '../../support/fake-cloud.ts';
import { errorOf } from '../../support/fake-node.ts';
import { localTargets } from '../../support/local-targets.ts';
import { POLICY_BY_DEFAULT, requestOf, tenant } from '../../support/requests.ts';
import { GATEWAY, idOf, MAPPING, ROUTER } from '../../support/samples.ts';

const MEMBER = tenant('member', DEMO, 'alice');
const STRANGER = tenant('member', OTHER, 'bob');
const ADMIN = tenant('admin', DEMO, 'carol');

let cloud: FakeCloud;
let targets: CloudTargets;
beforeEach(() => {
  cloud = new FakeCloud();
  targets = new CloudTargets({
    cloud,
    policy: POLICY_BY_DEFAULT,
    local: localTargets(),
  });
});

const resolve = (request: Partial<MappingRequestInput>, requester = MEMBER) =>
  targets.resolve(requestOf({ server_port: 22, ...request }), requester);
const refusal = (request: Partial<MappingRequestInput>, requester = MEMBER) => errorOf(resolve(request, requester));

const WEB_BEHIND_EDGE = {
  router_id: ROUTER,
  server_id: WEB,
  port_id: WEB_PORT,
  server_ip: '10.20.0.51',
  project_id: DEMO,
  expectedGatewayIp: GATEWAY,
};

describe('the same port is resolved by', () => {
  test.each<[string, Partial<MappingRequestInput>]>([
    ['names', { router: 'edge', server: 'web' }],
    ['ids', { router_id: ROUTER, server: WEB }],
    ['the name of its namespace and the port', { router: `qrouter-${ROUTER}`, port_id: WEB_PORT }],
    ['its server alone, where one router is connected', { server: 'web' }],
    ['its port alone', { port_id: WEB_PORT }],
    ['its address behind the router', { router: 'edge', server_ip: '10.20.0.51' }],
    ['its address alone, in the project', { server_ip: '10.20.0.51' }],
  ])('%s', async (_, request) => {
    const { mapping: input, port } = await resolve(request);

    expect(input).toMatchObject({ ...WEB_BEHIND_EDGE, server_port: 22 });
    expect(port?.id).toBe(WEB_PORT);
    expect(input).not.toHaveProperty('server');
    expect(input).not.toHaveProperty('router');
  });
});

test('the same name resolves to another server for another project', async () => {
  const { mapping: input } = await resolve({ server: 'web' }, STRANGER);

  expect(input).toMatchObject({
    router_id: OTHER_ROUTER,
    server_id: OTHERWEB,
    port_id: OTHERWEB_PORT,
    project_id: OTHER,
  });
});

test('a mapping that an operator creates belongs to the project of the port', async () => {
  const { mapping: input } = await resolve({ router_id: ROUTER, server: WEB }, ROOT);

  expect(input).toMatchObject(WEB_BEHIND_EDGE);
});

test('with IDs, one request to Neutron is enough', async () => {
  await resolve({ router_id: ROUTER, server: WEB });
  cloud.asked.length = 0;

  await resolve({ router_id: ROUTER, server: WEB });

  expect(cloud.asked).toEqual(['ports']);
});

describe('not found, because it is of another project, is', () => {
  test.each<[string, Partial<MappingRequestInput>, string]>([
    ['its router', { router_id: OTHER_ROUTER, server: WEB }, 'ROUTER_NOT_FOUND'],
    ["its router's name", { router: 'edge-other', server: 'web' }, 'ROUTER_NOT_FOUND'],
    ["its router's namespace", { router: `qrouter-${OTHER_ROUTER}`, server: 'web' }, 'ROUTER_NOT_FOUND'],
    ['its server', { server: OTHERWEB }, 'SERVER_NOT_FOUND'],
    ['its server behind a router of the requester', { router_id: ROUTER, server: OTHERWEB }, 'SERVER_NOT_FOUND'],
    ['its port', { port_id: OTHERWEB_PORT }, 'PORT_NOT_FOUND'],
    ['its port with a server of the requester', { server: WEB, port_id: OTHERWEB_PORT }, 'PORT_NOT_FOUND'],
    ['a namespace that is not a Neutron router', { router: 'rev-edge', server: 'web' }, 'ROUTER_NOT_FOUND'],
  ])('%s', async (_, request, code) => {
    const error = await refusal(request);

    expect(error).toMatchObject({ code, kind: 'NotFound' });
    expect(error.facts['known'] ?? []).not.toContain('edge-other');
  });
});

describe('a change in OpenStack counts at once:', () => {
  test.each<[string, Partial<Parameters<FakeCloud['changePort']>[1]>, string]>([
    ['the port moved to another project', { project_id: OTHER }, 'SERVER_NOT_FOUND'],
    [
      'the port moved to another network',
      { fixed_ips: [{ ip_address: '10.20.0.51', subnet_id: idOf(231) }] },
      'ROUTER_NOT_CONNECTED',
    ],
    ['the port moved to another server', { device_id: OTHERWEB }, 'SERVER_NOT_FOUND'],
    ['the port lost its address', { fixed_ips: [] }, 'SERVER_NOT_BEHIND_ROUTER'],
    ['the port was detached', { device_id: '', device_owner: '' }, 'SERVER_NOT_FOUND'],
  ])('%s', async (_, change, code) => {
    await resolve({ router_id: ROUTER, server: WEB });

    cloud.changePort(WEB_PORT, change);

    expect(await refusal({ router_id: ROUTER, server: WEB })).toMatchObject({ code });
  });

  test('the router lost its interface', async () => {
    await resolve({ router_id: ROUTER, server: WEB });
    cloud.itsPorts.splice(
      cloud.itsPorts.findIndex(({ id }) => id === idOf(113)),
      1,
    );

    expect(await refusal({ router_id: ROUTER, server: WEB })).toMatchObject({ code: 'ROUTER_NOT_CONNECTED' });
    expect(await refusal({ server: WEB })).toMatchObject({ code: 'ROUTER_NOT_CONNECTED' });
  });
});

describe('ambiguous or missing is', () => {
  test('the router, where two are connected', async () => {
    cloud.itsRouters.push(routerOf({ id: idOf(120), name: 'second' }));
    cloud.itsPorts.push(
      portOf({ id: idOf(121), device_id: idOf(120), device_owner: 'network:ha_router_replicated_interface' }),
      portOf({ id: idOf(122), device_id: idOf(120), device_owner: 'network:router_gateway', project_id: '' }),
    );

    const error = await refusal({ server: 'web' });

    expect(error.code).toBe('AMBIGUOUS');
    expect(error.facts['candidates']).toEqual([
      { id: ROUTER, name: 'edge' },
      { id: idOf(120), name: 'second' },
    ]);
    expect((await resolve({ server: 'web', router: 'second' })).mapping.router_id).toBe(idOf(120));
  });

  test('the address, where the server has two', async () => {
    const fixed_ips = ['10.20.0.51', '10.20.0.52', '2001:db8::51'].map((ip_address) => ({
      ip_address,
      subnet_id: idOf(131),
    }));
    cloud.changePort(WEB_PORT, { fixed_ips });

    expect(await refusal({ server: 'web' })).toMatchObject({
      code: 'AMBIGUOUS',
      facts: {
        candidates: [
          { server_ip: '10.20.0.51', port_id: WEB_PORT },
          { server_ip: '10.20.0.52', port_id: WEB_PORT },
        ],
      },
    });
    expect((await resolve({ server: 'web', server_ip: '10.20.0.52' })).mapping.server_ip).toBe('10.20.0.52');
    expect(await refusal({ server: 'web', server_ip: '10.20.0.53' })).toMatchObject({
      code: 'SERVER_NOT_BEHIND_ROUTER',
      facts: { cause: 'OTHER_ADDRESS', server: 'web', addresses: ['10.20.0.51', '10.20.0.52'] },
    });
  });

  test('the server, where two have the name', async () => {
    cloud.itsServers.push({ id: idOf(102), name: 'web', project_id: DEMO, status: 'ACTIVE' });

    expect((await refusal({ server: 'web' })).facts['candidates']).toEqual([
      { id: WEB, project_id: DEMO },
      { id: idOf(102), project_id: DEMO },
    ]);
  });

  test('for an operator the server, where two projects have the name', async () => {
    expect(await refusal({ server: 'web' }, ROOT)).toMatchObject({ code: 'AMBIGUOUS' });
  });

  test('a request without a server', async () => {
    expect(await refusal({ router: 'edge' })).toMatchObject({ code: 'INVALID_INPUT' });
  });
});

describe('a virtual address, which a port of no server holds,', () => {
  const VIP = idOf(116);
  const address = { ip_address: '10.20.0.80', subnet_id: idOf(131) };
  const vip = { id: VIP, device_id: '', fixed_ips: [address], host: '', status: 'DOWN' };

  test.each(['', 'Octavia', 'neutron:LOADBALANCERV2', 'trunk:subport'])(
    'is published by a member of its project, as Neutron forwards ports to it (device_owner "%s")',
    async (device_owner) => {
      cloud.itsPorts.push(portOf({ ...vip, device_owner }));

      for (const request of [
        { port_id: VIP },
        { server_ip: '10.20.0.80' },
        { router: 'edge', server_ip: '10.20.0.80' },
      ]) {
        const { mapping } = await resolve(request);
        expect(mapping).toMatchObject({ port_id: VIP, server_id: null, server_ip: '10.20.0.80', project_id: DEMO });
        await expect(
          targets.confirm({ ...MAPPING, project_id: DEMO, port_id: VIP, server_ip: '10.20.0.80' }, MEMBER),
        ).resolves.toBeUndefined();
      }
    },
  );

  test('is not found by a member or an admin of another project', async () => {
    cloud.itsPorts.push(portOf({ ...vip, device_owner: 'Octavia', project_id: OTHER }));

    for (const requester of [MEMBER, ADMIN]) {
      expect((await refusal({ port_id: VIP }, requester)).code).toBe('PORT_NOT_FOUND');
      expect((await refusal({ router: 'edge', server_ip: '10.20.0.80' }, requester)).code).toBe('SERVER_NOT_FOUND');
    }
  });

  test('of a router or a DHCP server is none', async () => {
    for (const device_owner of ['network:dhcp', 'network:router_interface', 'network:floatingip']) {
      cloud.itsPorts.push(portOf({ ...vip, device_owner }));
      expect((await refusal({ port_id: VIP })).code).toBe('FORBIDDEN');
      cloud.itsPorts.pop();
    }
  });
});

describe('only an admin may publish', () => {
  test('an address that no Neutron port has, with a warning', async () => {
    const request = { router: 'edge', server_ip: '10.20.0.99' };

    expect(await refusal(request)).toMatchObject({ code: 'SERVER_NOT_FOUND' });
    const { mapping: input, port, warnings } = await resolve(request, ADMIN);
    expect(input).toMatchObject({ router_id: ROUTER, server_ip: '10.20.0.99', port_id: null, project_id: DEMO });
    expect(port).toBeUndefined();
    expect(warnings).toEqual([addressWarning('10.20.0.99')]);
  });

  test('a port of the network itself', async () => {
    cloud.changePort(WEB_PORT, { device_owner: 'network:dhcp' });

    expect(await refusal({ port_id: WEB_PORT })).toMatchObject({
      code: 'FORBIDDEN',
      facts: { action: 'mapping:create:any-target' },
    });
    expect((await resolve({ port_id: WEB_PORT }, ADMIN)).mapping.server_id).toBeNull();
  });

  test('on an address of the router that is not its gateway address', async () => {
    const request = { server: 'web', gateway_ip: '203.0.113.11' };

    expect(await refusal(request)).toMatchObject({ code: 'GATEWAY_NOT_LOCAL' });
    expect((await resolve(request, ADMIN)).mapping.gateway_ip).toBe('203.0.113.11');
  });

  test('nothing of another project', async () => {
    expect(await refusal({ router_id: OTHER_ROUTER, server_ip: '10.20.0.51' }, ADMIN)).toMatchObject({
      code: 'ROUTER_NOT_FOUND',
    });
  });

  test('in a namespace that Neutron does not know, as an admin of all projects', async () => {
    const { mapping: input } = await resolve({ router: 'gate', server_ip: '10.9.0.7' }, ROOT);

    expect(input).toMatchObject({ router_id: 'gate', server_ip: '10.9.0.7' });
  });
});

test('a mapping with a new address gets the port of the requester that has the address', async () => {
  cloud.itsPorts.push(
    portOf({ id: idOf(115), device_id: idOf(102), fixed_ips: [{ ip_address: '10.20.0.60', subnet_id: idOf(131) }] }),
  );
  const mapping = { ...MAPPING, project_id: DEMO };

  expect(await targets.readdress(mapping, '10.20.0.60', MEMBER)).toEqual({
    server_ip: '10.20.0.60',
    server_id: idOf(102),
    port_id: idOf(115),
  });
  expect(await errorOf(targets.readdress(mapping, '10.20.0.77', MEMBER))).toMatchObject({ code: 'SERVER_NOT_FOUND' });
});

test('nothing is resolved while OpenStack is unavailable', async () => {
  await resolve({ router_id: ROUTER, server: WEB });
  cloud.isAway = true;

  expect(await refusal({ router_id: ROUTER, server: WEB })).toMatchObject({ code: 'CLOUD_UNAVAILABLE' });
});

describe('an address that a Neutron port has', () => {
  const OTHER_PORT = idOf(119);
  beforeEach(() => {
    const fixed_ips = [{ ip_address: '10.20.0.77', subnet_id: idOf(131) }];
    cloud.itsPorts.push(portOf({ id: OTHER_PORT, project_id: OTHER, fixed_ips }));
  });

  test.each([MEMBER, ADMIN])('in another project, on the own network, is not found for $name', async (requester) => {
    expect((await refusal({ router: 'edge', server_ip: '10.20.0.77' }, requester)).code).toBe('SERVER_NOT_FOUND');
  });

  test('does not keep an admin from publishing one that no port has', async () => {
    const { mapping: input, warnings } = await resolve({ router: 'edge', server_ip: '10.20.0.99' }, ADMIN);

    expect(input).toMatchObject({ server_ip: '10.20.0.99', port_id: null });
    expect(warnings).toEqual([addressWarning('10.20.0.99')]);
  });
});

describe('confirm', () => {
  const mapping = { ...MAPPING, project_id: DEMO, server_id: WEB, port_id: WEB_PORT };

  test('passes while the port is of the requester, has the address and is behind the router', async () => {
    await expect(targets.confirm(mapping, MEMBER)).resolves.toBeUndefined();
    await expect(targets.confirm({ ...mapping, port_id: null }, ADMIN)).resolves.toBeUndefined();
  });

  test.each<[string, () => void]>([
    ['the port is of another project', () => cloud.changePort(WEB_PORT, { project_id: OTHER })],
    [
      'it has another address',
      () => cloud.changePort(WEB_PORT, { fixed_ips: [{ ip_address: '10.20.0.9', subnet_id: idOf(131) }] }),
    ],
    ['it is of the network itself', () => cloud.changePort(WEB_PORT, { device_owner: 'network:dhcp' })],
  ])('throws when %s', async (_, change) => {
    change();
    await errorOf(targets.confirm(mapping, MEMBER));
  });

  test('an address that no port has is a question of the policy, as at creation', async () => {
    expect(await errorOf(targets.confirm({ ...mapping, port_id: null }, MEMBER))).toMatchObject({
      code: 'FORBIDDEN',
      facts: { action: 'mapping:create:any-target' },
    });
  });
});

test('several routers without a gateway are ambiguous, and are named', async () => {
  cloud.itsPorts.splice(1, 1);
  cloud.itsRouters.push(routerOf({ id: idOf(320), name: 'spare', gateway_ips: [] }));
  const fixed_ips = [{ ip_address: '10.20.0.2', subnet_id: idOf(131) }];
  cloud.itsPorts.push(
    portOf({ id: idOf(313), device_id: idOf(320), device_owner: 'network:router_interface', fixed_ips }),
  );

  const error = await refusal({ server: 'web' });

  expect(error.code).toBe('AMBIGUOUS');
  expect(error.facts['candidates']).toEqual([
    { id: ROUTER, name: 'edge' },
    { id: idOf(320), name: 'spare' },
  ]);
});
