/** The monitor over HTTP, with a fake OpenStack that counts requests and gives wrong answers. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseCloud } from '../../../src/openstack/clouds/merge.ts';
import { OpenStackCloud } from '../../../src/openstack/openstack-cloud.ts';
import { ServiceClient } from '../../../src/openstack/service-client.ts';
import { Session } from '../../../src/openstack/session.ts';
import { isPraasError } from '../../../src/pat/errors.ts';
import type { Correction } from '../../../src/pat/follow/correction.ts';
import { Monitor } from '../../../src/pat/follow/monitor.ts';
import { RemovalGuard } from '../../../src/pat/follow/removal-guard.ts';
import type { Mapping } from '../../../src/pat/mapping/mapping.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { DEMO, portOf, routerOf } from '../../support/fake-cloud.ts';
import { ListLog } from '../../support/fake-node.ts';
import { FakeOpenStack } from '../../support/fake-openstack.ts';
import type { Trouble } from '../../support/openstack-answers.ts';
import { portRow, routerRow, serverRow } from '../../support/openstack-rows.ts';
import { idOf, MAPPING } from '../../support/samples.ts';

const PAGE = 1000;

let fake: FakeOpenStack;
let session: Session;
let monitor: Monitor;
let mappings: Mapping[];
let applied: Correction[];

beforeEach(async () => {
  fake = await FakeOpenStack.start(Date.now);
  fake.pageSize = PAGE;
  const auth = { auth_url: fake.keystone, username: 'praas', password: 'x', project_name: 'service' };
  const config = parseCloud({
    name: 'praas',
    where: 'clouds.yaml',
    cloud: { auth, region_name: 'RegionOne' },
    variables: {},
  });
  const http = new ServiceClient({ verify: true, timeoutMs: 5000, random: () => 0, pause: async () => undefined });
  session = new Session({ config, http, clock: systemClock });
  mappings = [];
  applied = [];
  monitor = new Monitor({
    cloud: new OpenStackCloud(session),
    mappings: {
      list: async () => mappings,
      async apply(corrections) {
        applied.push(...corrections);
        return { applied: [], failures: [] };
      },
    },
    guard: new RemovalGuard(() => 10),
    clock: systemClock,
    log: new ListLog(),
  });
});
afterEach(async () => {
  session.close();
  await fake.stop();
});

/** Routers with as many servers each, every server with a port and a mapping. */
function populate(routers: number, servers: number): void {
  const { tables } = fake;
  for (const table of [tables.routers, tables.ports, tables.servers, tables.projects]) table.length = 0;
  mappings = [];
  tables.projects.push({ id: DEMO, name: 'demo' });
  for (let r = 1; r <= routers; r++) {
    const [router_id, subnet_id] = [idOf(10_000 + r), idOf(20_000 + r)];
    tables.routers.push(routerRow(routerOf({ id: router_id, name: `edge-${r}` })));
    const internal = { device_owner: 'network:router_interface', device_id: router_id };
    tables.ports.push(
      portRow(portOf({ id: idOf(30_000 + r), ...internal, fixed_ips: [{ ip_address: '10.0.0.1', subnet_id }] })),
    );
    for (let s = 1; s <= servers; s++) {
      const n = 100_000 + r * 1000 + s;
      const [server_id, port_id, server_ip] = [idOf(n), idOf(1_000_000 + n), `10.0.0.${s + 1}`];
      tables.servers.push(serverRow({ id: server_id, name: `vm-${n}`, project_id: DEMO, status: 'ACTIVE' }));
      const fixed_ips = [{ ip_address: server_ip, subnet_id }];
      tables.ports.push(portRow(portOf({ id: port_id, device_id: server_id, fixed_ips })));
      const identity = { server_ip, server_id, port_id, project_id: DEMO };
      mappings.push({ ...MAPPING, ...identity, id: idOf(2_000_000 + n), router_id, router_port: 4000 + s });
    }
  }
}

async function requestsOf(work: () => Promise<unknown>): Promise<number> {
  fake.asked.length = 0;
  await work();
  return fake.asked.length;
}

test('5,000 mappings on 200 routers need as many requests as there are pages', async () => {
  populate(200, 25);
  await monitor.sweep();
  const requests = await requestsOf(() => monitor.sweep());

  expect(mappings).toHaveLength(5000);
  expect(applied).toEqual([]);
  // 5,200 ports and 5,000 servers in pages of a thousand, one page of routers, one of projects.
  expect(requests).toBe(6 + 5 + 1 + 1);
});

test('ten times the mappings of the same servers need no more requests', async () => {
  populate(2, 5);
  await monitor.sweep();
  const few = await requestsOf(() => monitor.sweep());
  mappings = Array.from({ length: 10 }, (_, n) =>
    mappings.map((each, index) => ({ ...each, id: idOf(5000 + n * 100 + index) })),
  ).flat();
  const many = await requestsOf(() => monitor.sweep());

  expect([mappings.length, many]).toEqual([100, few]);
});

describe('wrong answers of OpenStack', () => {
  const empty = '{"routers": [], "ports": [], "servers": [], "projects": []}';
  const everywhere = (trouble: Trouble): Trouble[] => Array.from({ length: 20 }, () => trouble);

  beforeEach(async () => {
    populate(2, 5);
    await monitor.sweep();
  });

  test.each<[string, Trouble]>([
    ['an empty list', { status: 200, text: empty }],
    ['500', { status: 500 }],
    ['half a page', 'half'],
    ['a page of HTML', 'html'],
    ['404 in HTML', { status: 404, text: '<html>not found</html>' }],
    ['other types', 'wrong types'],
  ])('%s: nothing is deleted, and the cause is reported', async (_, trouble) => {
    fake.troubles.push(...everywhere(trouble));
    const codes = await monitor.sweep().then(
      ({ withheld }) => withheld.map(({ code }): string => code),
      (error: unknown) => (isPraasError(error) ? [error.code] : []),
    );
    fake.troubles.length = 0;

    expect(applied).toEqual([]);
    expect(codes).toEqual([expect.stringMatching(/^(EMPTY_LIST|CLOUD_)/)]);
    await monitor.sweep();
    expect(applied).toEqual([]);
  });

  test('a correct answer is acted on', async () => {
    fake.tables.servers.splice(0, 1);
    fake.tables.ports.splice(1, 1);
    await monitor.sweep();

    expect(applied).toMatchObject([{ action: 'delete', mapping_id: mappings[0]?.id }]);
  });
});
