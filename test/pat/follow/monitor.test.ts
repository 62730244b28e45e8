/** The monitor with a node and a cloud in memory: which corrections it carries out, and which it withholds. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { type MappingAccess, Monitor } from '../../../src/pat/follow/monitor.ts';
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

/** Deletes the server and its port. */
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
const mappingsOf = ({ pat, corrections }: FakeNode): MappingAccess => ({
  list: async (related_to) => (await pat.list(related_to === undefined ? {} : { related_to })).mappings,
  apply: (each) => corrections.apply(each),
});

beforeEach(async () => {
  cloud = new FakeCloud();
  node = fakeNode({ dataplane: new FakeDataplane([new FakeRouter(FACTS)]) });
  const { clock, log } = node;
  monitor = new Monitor({ cloud, mappings: mappingsOf(node), guard: new RemovalGuard(() => 10), clock, log });
  await populate(3);
  await monitor.sweep();
});

describe.each(['sweep', 'verification'] as const)('by a %s', (way) => {
  const run = (n: number) => (way === 'sweep' ? monitor.sweep() : monitor.verify(new Set([idOf(2000 + n)])));

  test('the mapping of a deleted server is deleted with the reason, and the others stay', async () => {
    deleteServer(2);

    const { applied } = await run(2);

    expect(applied).toMatchObject([
      {
        correction: { action: 'delete', reason: { code: 'SERVER_DELETED', facts: { server: idOf(1002) } } },
        mapping: { id: idOf(2) },
      },
    ]);
    expect((await stored()).map(({ id }) => id)).toEqual([idOf(1), idOf(3)]);
    expect((await run(2)).applied).toEqual([]);
  });

  test('a mapping gets the new address of its port and keeps its router port', async () => {
    cloud.changePort(idOf(2002), { fixed_ips: address('10.20.0.77') });

    await run(2);

    expect((await stored()).find(({ id }) => id === idOf(2))).toMatchObject({
      server_ip: '10.20.0.77',
      router_port: 4102,
      status: 'ACTIVE',
    });
  });

  test('the mapping of a stopped server is DOWN with the reason until the server runs again', async () => {
    const index = cloud.itsServers.findIndex(({ id }) => id === idOf(1002));
    const server = cloud.itsServers[index];
    if (server) cloud.itsServers[index] = { ...server, status: 'SHUTOFF' };
    await run(2);
    expect((await stored())[1]).toMatchObject({ status: 'DOWN', status_code: 'SERVER_STOPPED' });

    if (server) cloud.itsServers[index] = server;
    await run(2);
    expect((await stored())[1]).toMatchObject({ status: 'ACTIVE', status_code: null, suspension: null });
  });
});

describe('nothing is deleted', () => {
  beforeEach(() => deleteServer(2));
  const expectUnchanged = async (): Promise<void> => expect(await stored()).toHaveLength(3);

  test('while OpenStack does not answer', async () => {
    cloud.isAway = true;

    expect((await errorOf(monitor.sweep())).kind).toBe('Unavailable');
    await expectUnchanged();
  });

  test.each(['routers', 'ports', 'servers', 'projectIds'] as const)('while the list of %s is empty', async (list) => {
    cloud[list] = async () => [];

    const { withheld } = await monitor.sweep();

    await expectUnchanged();
    expect(withheld).toMatchObject([{ code: 'EMPTY_LIST', facts: { resources: [expect.any(String)] } }]);
  });

  test.each(['servers', 'projectIds'] as const)('unless an empty list of %s is confirmed', async (list) => {
    cloud[list] = async () => [];

    await monitor.sweep({ confirmed: true });

    expect((await stored()).map(({ id }) => id)).toEqual([idOf(1), idOf(3)]);
  });

  test('by a dry run of a confirmed sweep with an empty list, which shows the deletions', async () => {
    cloud.servers = async () => [];

    const { corrections, withheld } = await monitor.sweep({ confirmed: true, dryRun: true });

    await expectUnchanged();
    expect(corrections).toMatchObject([{ action: 'delete', mapping_id: idOf(2) }]);
    expect(withheld).toEqual([]);
  });

  test('for a resource that a list lacks and that exists', async () => {
    const whole = cloud.ports.bind(cloud);
    cloud.itsServers.push({ id: idOf(1002), name: 'vm-2', project_id: DEMO, status: 'ACTIVE' });
    cloud.itsPorts.push(portOf({ id: idOf(2002), device_id: idOf(1002), fixed_ips: address('10.20.0.102') }));
    cloud.ports = async (filter) => (await whole(filter)).filter(({ id }) => id !== idOf(2002));

    expect((await monitor.sweep()).applied).toEqual([]);
    await expectUnchanged();
    expect((await monitor.verify(new Set([idOf(2002)]))).applied).toEqual([]);
    await expectUnchanged();
  });

  test('while the account sees its own project only', async () => {
    const port = cloud.port.bind(cloud);
    cloud.port = async (id) => {
      const whole = await port(id);
      return whole && { ...whole, host: '' };
    };

    const { withheld, applied } = await monitor.sweep();

    expect(applied).toEqual([]);
    await expectUnchanged();
    expect(withheld).toMatchObject([{ code: 'ACCOUNT_LIMITED' }]);
  });

  test('by a notification before the first sweep', async () => {
    const { clock, log } = node;
    const fresh = new Monitor({ cloud, mappings: mappingsOf(node), guard: new RemovalGuard(() => 10), clock, log });

    expect((await fresh.verify(new Set([idOf(2002)]))).applied).toEqual([]);
    await expectUnchanged();
  });

  test('when a request changes the mapping meanwhile', async () => {
    const { pat, corrections, clock, log } = node;
    const slow: MappingAccess = {
      list: async (related_to) => (await pat.list(related_to === undefined ? {} : { related_to })).mappings,
      async apply(each) {
        await pat.update(idOf(2), { server_ip: '10.20.0.103' });
        return corrections.apply(each);
      },
    };
    const late = new Monitor({ cloud, mappings: slow, guard: new RemovalGuard(() => 10), clock, log });
    await late.sweep();

    await expectUnchanged();
  });
});

describe('more deletions than the limit', () => {
  beforeEach(async () => {
    await populate(15, 4);
    for (let n = 1; n <= 11; n++) deleteServer(n);
  });

  test('a sweep deletes none, reports that, and carries out the other corrections', async () => {
    cloud.changePort(idOf(2015), { fixed_ips: address('10.20.0.77') });

    const { applied, withheld } = await monitor.sweep();

    expect(applied.map(({ correction }) => correction.action)).toEqual(['follow']);
    expect(withheld).toEqual([{ code: 'TOO_MANY_DELETIONS', facts: { requested: 11, limit: 10 } }]);
    expect(await stored()).toHaveLength(15);
  });

  test.each([true, false])('a dry run shows them and deletes none (confirmed: %s)', async (confirmed) => {
    const { corrections, applied, withheld } = await monitor.sweep({ dryRun: true, confirmed });

    expect(corrections.filter(({ action }) => action === 'delete')).toHaveLength(11);
    expect(withheld).toHaveLength(confirmed ? 0 : 1);
    expect(applied).toEqual([]);
    expect(await stored()).toHaveLength(15);
  });

  test('a confirmed sweep deletes all of them', async () => {
    await monitor.sweep({ confirmed: true });

    expect(await stored()).toHaveLength(4);
  });

  test('verifications count together until the next sweep', async () => {
    for (let n = 1; n <= 11; n++) await monitor.verify(new Set([idOf(1000 + n)]));
    expect(await stored()).toHaveLength(5);

    await monitor.sweep();
    expect(await stored()).toHaveLength(4);
  });
});

test('the mapping of a port that is not bound yet stays pending', async () => {
  const port = cloud.itsPorts.find(({ id }) => id === idOf(2002));
  if (port === undefined) throw new Error('no port');
  const index = cloud.itsPorts.indexOf(port);
  const pending = async () => (await monitor.verify(new Set([port.id]))).pending;
  const setPort = (change: object): void => void (cloud.itsPorts[index] = { ...port, host: 'node-1', ...change });

  setPort({ status: 'DOWN' });
  expect(await pending()).toEqual([idOf(2)]);
  setPort({ status: 'DOWN', isUp: false });
  expect(await pending()).toEqual([]);
  setPort({ status: 'ACTIVE' });
  expect(await pending()).toEqual([]);
});

test('a slow router does not delay the others, is reported, and continues in the background', async () => {
  const sick = idOf(900);
  const hanging = Promise.withResolvers<void>();
  class SickDataplane extends FakeDataplane {
    override async facts(routerId: string): Promise<RouterFacts> {
      if (routerId === sick) await hanging.promise;
      return super.facts(routerId);
    }
  }
  const timers = new FakeTimers(NOW);
  node = fakeNode({
    dataplane: new SickDataplane([new FakeRouter(FACTS), new FakeRouter({ ...FACTS, routerId: sick })]),
    timers,
  });
  cloud.itsRouters.push(routerOf({ id: sick, name: 'sick' }));
  const { clock, log } = node;
  monitor = new Monitor({ cloud, mappings: mappingsOf(node), guard: new RemovalGuard(() => 10), clock, log });
  await node.store.transaction(ROUTER, (transaction) => transaction.commit({ put: [numbered(1), numbered(2)] }));
  const sickMapping = { ...numbered(3), router_id: sick };
  await node.store.transaction(sick, (transaction) => transaction.commit({ put: [sickMapping] }));
  deleteServer(2);
  deleteServer(3);

  const swept = monitor.sweep();
  await timers.pass(5000);
  const { applied, withheld } = await swept;
  expect(applied.map(({ mapping }) => mapping.id)).toEqual([idOf(2)]);
  expect(withheld).toMatchObject([
    { code: 'APPLY_FAILED', facts: { error_code: 'ROUTER_SLOW', error: expect.stringContaining(sick) } },
  ]);

  hanging.resolve();
  expect(await node.store.transaction(sick, async ({ record }) => record.mappings.size)).toBe(0);
});

test('a sweep sends as many requests for 3 mappings as for 15, and an unrelated notification causes none', async () => {
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
