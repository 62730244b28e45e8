/** The servers that a project can publish. */

import { expect, test } from '@jest/globals';
import { ROOT } from '../../../src/core/identity/requester.ts';
import { ServerService } from '../../../src/pat/services/server-service.ts';
import { DEMO, FakeCloud, OTHER, OTHERWEB, portOf, WEB, WEB_PORT } from '../../support/fake-cloud.ts';
import { tenant } from '../../support/requests.ts';
import { GATEWAY, idOf, MAPPING, ROUTER } from '../../support/samples.ts';

const serviceOf = (cloud: FakeCloud) =>
  new ServerService({ cloud, mappings: async () => [{ ...MAPPING, server_id: WEB }] });

test('a project sees its servers, with its routers on their subnets', async () => {
  const cloud = new FakeCloud();
  cloud.itsFloatingIps.push({
    id: idOf(1),
    address: '203.0.113.11',
    project_id: DEMO,
    port_id: WEB_PORT,
    router_id: ROUTER,
  });

  expect(await serviceOf(cloud).list(tenant('member', DEMO))).toEqual([
    {
      server_id: WEB,
      name: 'web',
      project_id: DEMO,
      status: 'ACTIVE',
      addresses: [
        {
          server_ip: '10.20.0.51',
          port_id: WEB_PORT,
          routers: [{ router_id: ROUTER, name: 'edge', gateway_ips: [GATEWAY] }],
          floating_ips: ['203.0.113.11'],
        },
      ],
      mappings: 1,
    },
  ]);
});

test('a requester of all projects sees the servers of all projects', async () => {
  const servers = await serviceOf(new FakeCloud()).list(ROOT);

  expect(servers.map(({ server_id }) => server_id).toSorted()).toEqual([WEB, OTHERWEB]);
});

test('an address on a subnet without a router is listed without routers', async () => {
  const cloud = new FakeCloud();
  cloud.changePort(WEB_PORT, { fixed_ips: [{ ip_address: '10.99.0.5', subnet_id: idOf(199) }] });

  const [server] = await serviceOf(cloud).list(tenant('member', DEMO));

  expect(server?.addresses).toMatchObject([{ server_ip: '10.99.0.5', routers: [] }]);
});

test('a hundred servers take as many requests as one', async () => {
  const few = new FakeCloud();
  const many = new FakeCloud();
  for (let number = 0; number < 100; number++) {
    many.itsServers.push({ id: idOf(3000 + number), name: `s${number}`, project_id: OTHER, status: 'ACTIVE' });
    many.itsPorts.push(portOf({ id: idOf(4000 + number), device_id: idOf(3000 + number), project_id: OTHER }));
  }

  await serviceOf(few).list(ROOT);
  await serviceOf(many).list(ROOT);

  expect(many.asked).toEqual(few.asked);
});

test('a port of another project with the ID of the server is not listed for the server', async () => {
  const cloud = new FakeCloud();
  const fixed_ips = [{ ip_address: '6.6.6.6', subnet_id: 'x' }];
  cloud.itsPorts.push(portOf({ id: idOf(119), project_id: OTHER, fixed_ips }));
  const [server] = await new ServerService({ cloud, mappings: async () => [] }).list(tenant('member', DEMO));

  expect(server?.addresses.map(({ server_ip }) => server_ip)).toEqual(['10.20.0.51']);
});
