/** The monitor on a node and a cloud in memory: what it does, and above all what it does not. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Mappings, Monitor } from '../../../src/pat/follow/monitor.ts';
import { RemovalGuard } from '../../../src/pat/follow/removal-guard.ts';
import type { Mapping } from '../../../src/pat/mapping/mapping.ts';
import type { RouterFacts } from '../../../src/pat/router/facts.ts';
import { DEMO, FakeCloud, portOf, routerOf, WEB, WEB_PORT } from '../../support/fake-cloud.ts';
import { FakeDataplane, FakeRouter } from '../../support/fake-dataplane.ts';
import { errorOf, type FakeNode, fakeNode } from '../../support/fake-node.ts';
import { FakeTimers } from '../../support/fake-timers.ts';
import { FACTS, idOf, MAPPING, NOW, ROUTER } from '../../support/samples.ts';

const SUBNET = idOf(131);
const address = (ip_address: string) => [{ ip_address, subnet_id: SUBNET }];

let cloud: FakeCloud;
let node: FakeNode;
let monitor: Monitor;

/** Servers 1 to `count`, each with a port and a mapping. */
async function populate(count: number, first = 1): Promise<void> {
  for (let n = first; n <= count; n++) {
    const server_ip = `10.20.0.${100 + n}`;
    cloud.itsServers.push({ id: idOf(1000 + n), name: `vm-${n}`, project_id: DEMO, status: 'ACTIVE' });
    cloud.itsPorts.push(portOf({ id: idOf(2000 + n), device_id: idOf(1000 + n), fixed_ips: address(server_ip) }));
  }
  await node.store.transaction(ROUTER, (transaction) =>
    transaction.commit({ put: Array.from({ length: count }, (_, index) => numbered(index + 1)) }),
  );
  await node.pat.sync(ROUTER);
}

function numbered(n: number): Mapping {
  const identity = { server_ip: `10.20.0.${100 + n}`, server_id: idOf(1000 + n), port_id: idOf(2000 + n) };
  return { ...MAPPING, id: idOf(n), project_id: DEMO, router_port: 4100 + n, ...identity };
}

/** The server and its port go. */
function deleteServer(n: number): void {
  cloud.itsServers.splice(
    cloud.itsServers.findIndex(({ id }) => id === idOf(1000 + n)),
    1,
  );
  cloud.itsPorts.splice(
    cloud.itsPorts.findIndex(({ id }) => id === idOf(2000 + n)),
    1,
  );
}

const stored = async (): Promise<Mapping[]> => [...(await node.store.read(ROUTER)).mappings.values()];
const mappingsOf = ({ pat, corrections }: FakeNode): Mappings => ({
  list: async (related_to) => (await pat.list(related_to === undefined ? {} : { related_to })).mappings,
  apply: (found) => corrections.apply(found),
});

beforeEach(async () => {
  cloud = new FakeCloud();
  node = fakeNode({ dataplane: new FakeDataplane([new FakeRouter(FACTS)]) });
  const { clock, log } = node;
  monitor = new Monitor({ cloud, mappings: mappingsOf(node), guard: new RemovalGuard(() => 10), clock, log });
  await populate(3);
  await monitor.sweep();
});

describe.each(['sweep', 'look'] as const)('found by a %s', (way) => {
  const see = (n: number) => (way === 'sweep' ? monitor.sweep() : monitor.verify(new Set([idOf(2000 + n)])));

  test('a server that is gone: its mapping is removed, with the reason, the others stay', async () => {
    deleteServer(2);

    const { applied } = await see(2);

    expect(applied).toMatchObject([
      {
        correction: { action: 'delete', reason: { code: 'SERVER_DELETED', facts: { server: idOf(1002) } } },
        mapping: { id: idOf(2) },
      },
    ]);
    expect((await stored()).map(({ id }) => id)).toEqual([idOf(1), idOf(3)]);
    expect((await see(2)).applied).toEqual([]);
  });

  test('another address: same router port, same mapping', async () => {
    cloud.changePort(idOf(2002), { fixed_ips: address('10.20.0.77') });

    await see(2);

    expect((await stored()).find(({ id }) => id === idOf(2))).toMatchObject({
      server_ip: '10.20.0.77',
      router_port: 4102,
      status: 'ACTIVE',
    });
  });

  test('shut off: DOWN with the reason, and back by itself', async () => {
    const index = cloud.itsServers.findIndex(({ id }) => id === idOf(1002));
    const server = cloud.itsServers[index];
    if (server) cloud.itsServers[index] = { ...server, status: 'SHUTOFF' };
    await see(2);
    expect((await stored())[1]).toMatchObject({ status: 'DOWN', status_code: 'SERVER_STOPPED' });

    if (server) cloud.itsServers[index] = server;
    await see(2);
    expect((await stored())[1]).toMatchObject({ status: 'ACTIVE', status_code: null, suspension: null });
  });
});

describe('on doubt nothing is removed', () => {
  beforeEach(() => deleteServer(2));
  const untouched = async (): Promise<void> => expect(await stored()).toHaveLength(3);

  test('nothing answers', async () => {
    cloud.isAway = true;

    expect((await errorOf(monitor.sweep())).kind).toBe('Unavailable');
    await untouched();
  });

  test.each(['routers', 'ports', 'servers', 'projectIds'] as const)('%s is an empty list', async (list) => {
    cloud[list] = async () => [];

    const { heldBack } = await monitor.sweep();

    await untouched();
    expect(heldBack).toEqual([expect.stringMatching(/^OpenStack lists no .* at all/)]);
  });

  test.each(['servers', 'projectIds'] as const)('%s is an empty list, and somebody says so', async (list) => {
    cloud[list] = async () => [];

    await monitor.sweep({ confirmed: true });

    expect((await stored()).map(({ id }) => id)).toEqual([idOf(1), idOf(3)]);
  });

  test('half a list: what it lacks is there when it is asked for', async () => {
    const whole = cloud.ports.bind(cloud);
    cloud.itsServers.push({ id: idOf(1002), name: 'vm-2', project_id: DEMO, status: 'ACTIVE' });
    cloud.itsPorts.push(portOf({ id: idOf(2002), device_id: idOf(1002), fixed_ips: address('10.20.0.102') }));
    cloud.ports = async (filter) => (await whole(filter)).filter(({ id }) => id !== idOf(2002));

    expect((await monitor.sweep()).applied).toEqual([]);
    await untouched();
    expect((await monitor.verify(new Set([idOf(2002)]))).applied).toEqual([]);
    await untouched();
  });

  test('the account sees its own project only', async () => {
    const port = cloud.port.bind(cloud);
    cloud.port = async (id) => {
      const found = await port(id);
      return found && { ...found, host: '' };
    };

    const { heldBack, applied } = await monitor.sweep();

    expect(applied).toEqual([]);
    await untouched();
    expect(heldBack).toEqual([expect.stringContaining('does not see all of OpenStack')]);
  });

  test('before the first sweep an event removes nothing', async () => {
    const { clock, log } = node;
    const fresh = new Monitor({ cloud, mappings: mappingsOf(node), guard: new RemovalGuard(() => 10), clock, log });

    expect((await fresh.verify(new Set([idOf(2002)]))).applied).toEqual([]);
    await untouched();
  });

  test('whoever changed the mapping meanwhile knows better', async () => {
    const { pat, corrections, clock, log } = node;
    const slow: Mappings = {
      list: async (related_to) => (await pat.list(related_to === undefined ? {} : { related_to })).mappings,
      async apply(found) {
        await pat.update(idOf(2), { server_ip: '10.20.0.103' });
        return corrections.apply(found);
      },
    };
    const late = new Monitor({ cloud, mappings: slow, guard: new RemovalGuard(() => 10), clock, log });
    await late.sweep();

    await untouched();
  });
});

describe('more than the guard lets go', () => {
  beforeEach(async () => {
    await populate(15, 4);
    for (let n = 1; n <= 11; n++) deleteServer(n);
  });

  test('a sweep removes none, says so, and does what is not a removal', async () => {
    cloud.changePort(idOf(2015), { fixed_ips: address('10.20.0.77') });

    const { applied, heldBack } = await monitor.sweep();

    expect(applied.map(({ correction }) => correction.action)).toEqual(['follow']);
    expect(heldBack).toEqual([expect.stringMatching(/^11 mappings would be removed, and 10 may be at once/)]);
    expect(await stored()).toHaveLength(15);
  });

  test.each([true, false])('a dry run shows them, and nothing is done (confirmed: %s)', async (confirmed) => {
    const { corrections, applied, heldBack } = await monitor.sweep({ dry_run: true, confirmed });

    expect(corrections.filter(({ action }) => action === 'delete')).toHaveLength(11);
    expect(heldBack).toHaveLength(confirmed ? 0 : 1);
    expect(applied).toEqual([]);
    expect(await stored()).toHaveLength(15);
  });

  test('confirmed, all of them go', async () => {
    await monitor.sweep({ confirmed: true });

    expect(await stored()).toHaveLength(4);
  });

  test('events one after the other count together, until the next sweep', async () => {
    for (let n = 1; n <= 11; n++) await monitor.verify(new Set([idOf(1000 + n)]));
    expect(await stored()).toHaveLength(5);

    await monitor.sweep();
    expect(await stored()).toHaveLength(4);
  });
});

test('an event of a port that its agent has not wired yet is not over', async () => {
  const port = cloud.itsPorts.find(({ id }) => id === idOf(2002));
  if (port === undefined) throw new Error('no port');
  const index = cloud.itsPorts.indexOf(port);
  const see = async () => (await monitor.verify(new Set([port.id]))).pending;
  const become = (change: object): void => void (cloud.itsPorts[index] = { ...port, host: 'node-1', ...change });

  become({ status: 'DOWN' });
  expect(await see()).toEqual([idOf(2)]);
  become({ status: 'DOWN', isUp: false });
  expect(await see()).toEqual([]);
  become({ status: 'ACTIVE' });
  expect(await see()).toEqual([]);
});

test('a slow router does not delay the others, is reported, and continues in the background', async () => {
  const sick = idOf(900);
  const hanging = Promise.withResolvers<void>();
  class SickDataplane extends FakeDataplane {
    override async facts(router_id: string): Promise<RouterFacts> {
      if (router_id === sick) await hanging.promise;
      return super.facts(router_id);
    }
  }
  const timers = new FakeTimers(NOW);
  node = fakeNode({
    dataplane: new SickDataplane([new FakeRouter(FACTS), new FakeRouter({ ...FACTS, router_id: sick })]),
    timers,
  });
  cloud.itsRouters.push(routerOf({ id: sick, name: 'sick' }));
  const { clock, log } = node;
  monitor = new Monitor({ cloud, mappings: mappingsOf(node), guard: new RemovalGuard(() => 10), clock, log });
  await node.store.transaction(ROUTER, (transaction) => transaction.commit({ put: [numbered(1), numbered(2)] }));
  const ofSick = { ...numbered(3), router_id: sick };
  await node.store.transaction(sick, (transaction) => transaction.commit({ put: [ofSick] }));
  deleteServer(2);
  deleteServer(3);

  const swept = monitor.sweep();
  await timers.pass(5000);
  const { applied, heldBack } = await swept;
  expect(applied.map(({ mapping }) => mapping.id)).toEqual([idOf(2)]);
  expect(heldBack).toEqual([expect.stringContaining(sick)]);

  hanging.resolve();
  expect(await node.store.transaction(sick, async ({ record }) => record.mappings.size)).toBe(0);
});

test('a sweep asks as often for 3 mappings as for 15, and an event of somebody else asks nothing', async () => {
  cloud.asked.length = 0;
  await monitor.sweep();
  const few = [...cloud.asked];
  await populate(15, 4);
  cloud.asked.length = 0;
  await monitor.sweep();
  expect(cloud.asked).toEqual(few);

  cloud.asked.length = 0;
  await monitor.verify(new Set([WEB, WEB_PORT]));
  expect(cloud.asked).toEqual([]);
});
