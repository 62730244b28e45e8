/** sync makes the kernel equal to the store after any drift. */
import { beforeEach, expect, test } from '@jest/globals';
import { FakeRouter } from '../../support/fake-dataplane.ts';
import { errorOf, type FakeNode, fakeNode } from '../../support/fake-node.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { CALLER, FACTS, FORWARD, idOf, MAPPING, REQUEST, ROUTER, recordWith } from '../../support/samples.ts';

let node: FakeNode;
let expected: string[];

beforeEach(async () => {
  node = fakeNode();
  await node.pat.create(REQUEST);
  await node.pat.create({ ...REQUEST, protocol: 'udp', allowed_cidrs: ['192.0.2.0/24'] });
  expected = node.router.inPlace();
});

const drifts: [string, (router: FakeRouter) => void][] = [
  ['a rule edited by hand', (router) => router.damage(idOf(1))],
  ['all rules and chains flushed', (router) => router.flush()],
  ['a duplicate rule', (router) => router.inject(FORWARD)],
  ['a rule of a deleted mapping', (router) => router.inject({ ...FORWARD, mapping_id: idOf(7), router_port: 5000 })],
  [
    'a rule with another server',
    (router) => {
      router.entries = router.entries.filter(({ mapping_id }) => mapping_id !== idOf(1));
      router.inject({ ...FORWARD, server_ip: '10.20.0.99' });
    },
  ],
];

test.each(drifts)('%s is repaired, and a second sync does nothing', async (_, drift) => {
  drift(node.router);
  expect(node.router.inPlace()).not.toEqual(expected);

  const { value } = await node.pat.sync(ROUTER);

  expect(value.added + value.removed).toBeGreaterThan(0);
  expect(node.router.inPlace()).toEqual(expected);
  const applied = node.dataplane.count('apply');
  expect((await node.pat.sync(ROUTER)).value).toEqual({ added: 0, removed: 0, moved: 0 });
  expect(node.dataplane.count('apply')).toBe(applied);
});

test('a repair is logged, a sync without drift is not', async () => {
  await node.pat.sync(ROUTER);
  expect(node.log.lines.filter(({ level }) => level === 'warn')).toEqual([]);

  node.router.damage(idOf(1));
  await node.pat.sync(ROUTER);

  expect(node.log.lines.filter(({ level }) => level === 'warn')).toMatchObject([
    { details: { router_id: ROUTER, removed: [idOf(1)], added: [idOf(1)] } },
  ]);
});

test('an expired mapping is removed from the kernel with its connections, and is stored as DOWN', async () => {
  await node.pat.update(idOf(1), { expires_at: '2030-01-01T01:00:00Z' });
  node.router.connect(CALLER, FORWARD);
  node.clock.advance(3599);
  expect((await node.pat.sync(ROUTER)).value).toEqual({ added: 0, removed: 0, moved: 0 });

  node.clock.advance(1);
  expect((await node.pat.sync(ROUTER)).value).toEqual({ added: 0, removed: 1, moved: 0 });

  expect(node.router.inPlace()).toEqual(expected.filter((text) => !text.startsWith(idOf(1))));
  expect(node.router.flows).toEqual([]);
  expect((await node.store.read(ROUTER)).mappings.get(idOf(1))).toMatchObject({
    status: 'DOWN',
    status_code: 'EXPIRED',
  });
  expect((await node.pat.sync(ROUTER)).value).toEqual({ added: 0, removed: 0, moved: 0 });
});

test('the expiry of a mapping is not drift', async () => {
  const { value } = await node.pat.create({ ...REQUEST, server_port: 80, expires_at: '2030-01-01T01:00:00Z' });
  node.clock.set(new Date('2030-01-01T02:00:00Z'));
  await node.pat.sync(ROUTER);

  expect((await node.pat.get(value.id)).status).toBe('DOWN');
  expect(node.log.lines.filter(({ level }) => level === 'warn')).toEqual([]);
});

test('a mapping that a clock that jumped ahead has ended is open again at the next sync after the clock was put right', async () => {
  await node.pat.update(idOf(1), { expires_at: '2030-01-01T08:00:00Z' });
  const jump = (days: number): void => node.clock.set(new Date(node.clock.now().getTime() + days * 86_400_000));
  jump(400);
  await node.pat.sync(ROUTER);
  expect(await node.pat.get(idOf(1))).toMatchObject({ status: 'DOWN', status_code: 'EXPIRED' });
  expect(node.router.inPlace()).toEqual(expected.filter((text) => !text.startsWith(idOf(1))));

  jump(-400);
  await node.pat.sync(ROUTER);
  expect(await node.pat.get(idOf(1))).toMatchObject({ status: 'ACTIVE', status_code: null });
  expect(node.router.inPlace()).toEqual(expected);

  node.clock.advance(8 * 3600);
  await node.pat.sync(ROUTER);
  expect(node.router.inPlace()).toEqual(expected.filter((text) => !text.startsWith(idOf(1))));
});

test('an expired mapping is shown as PENDING until a sync has removed its rules', async () => {
  await node.pat.update(idOf(1), { expires_at: '2030-01-01T01:00:00Z' });

  node.clock.advance(3600);

  expect(await node.pat.get(idOf(1))).toMatchObject({
    status: 'PENDING',
    status_code: 'EXPIRY_PENDING',
  });
  expect(node.router.inPlace()).toEqual(expected);
});

const MOVED = { ...FACTS, gateways: ['203.0.113.20'], addresses: ['203.0.113.20', '10.20.0.1'] };

test('mappings follow a changed gateway address with their ports, and the old connections end', async () => {
  node.router.connect(CALLER, FORWARD);
  node.router.facts = MOVED;

  expect((await node.pat.sync(ROUTER)).value).toEqual({ added: 2, removed: 2, moved: 2 });

  expect(await node.pat.get(idOf(1))).toMatchObject({
    status: 'ACTIVE',
    gateway_ip: '203.0.113.20',
    router_port: 4000,
  });
  expect(node.router.inPlace()).toEqual(expected.map((text) => text.replace('203.0.113.10', '203.0.113.20')));
  expect(node.router.flows).toEqual([]);
  expect((await node.pat.sync(ROUTER)).value).toEqual({ added: 0, removed: 0, moved: 0 });
});

test('a change of a mapping follows a changed gateway address, too', async () => {
  node.router.facts = MOVED;

  await node.pat.update(idOf(2), { name: 'dns' });

  expect(node.router.inPlace()).toEqual(expected.map((text) => text.replace('203.0.113.10', '203.0.113.20')));
});

test('a mapping whose port is in use on the new address is DOWN and keeps its address', async () => {
  node.router.facts = {
    ...FACTS,
    gateways: ['203.0.113.10', '203.0.113.20'],
    addresses: ['203.0.113.10', '203.0.113.20'],
  };
  await node.pat.create(
    { ...REQUEST, gateway_ip: '203.0.113.20', router_port: 4000, server_port: 2222 },
    { force: true },
  );
  node.router.facts = MOVED;

  expect((await node.pat.sync(ROUTER)).value.moved).toBe(1);

  expect(await node.pat.get(idOf(1))).toMatchObject({
    status: 'DOWN',
    status_code: 'GATEWAY_ADDRESS_GONE',
  });
});

test('without a gateway address (a standby HA instance) mappings keep their address and rules', async () => {
  node.router.facts = { ...FACTS, gateways: [], addresses: ['10.20.0.1'] };

  expect((await node.pat.sync(ROUTER)).value).toEqual({ added: 0, removed: 0, moved: 0 });

  expect(await node.pat.get(idOf(1))).toMatchObject({ status: 'DOWN', gateway_ip: '203.0.113.10' });
  expect(node.router.inPlace()).toEqual(expected);
});

test('a mapping keeps an address that was never a gateway address', async () => {
  await node.pat.create({ ...REQUEST, gateway_ip: '203.0.113.30', server_port: 80 }, { force: true });

  expect((await node.pat.sync(ROUTER)).value.moved).toBe(0);
  node.router.facts = MOVED;
  await node.pat.sync(ROUTER);

  expect(await node.pat.get(idOf(3))).toMatchObject({ status: 'DOWN', gateway_ip: '203.0.113.30' });
});

test('a router without mappings is not changed', async () => {
  const west = new FakeRouter({ ...FACTS, routerId: 'west' });
  node.dataplane.add(west);

  expect((await node.pat.sync('west')).value).toEqual({ added: 0, removed: 0, moved: 0 });

  expect(west.hasBaseChains).toBe(false);
});

test('a refusal of the kernel is an error, and the store does not change', async () => {
  node.router.flush();
  const before = structuredClone(await node.store.read(ROUTER));
  node.dataplane.refuseNext(ROUTER);

  expect((await errorOf(node.pat.sync(ROUTER))).code).toBe('KERNEL_REFUSED');

  expect(await node.store.read(ROUTER)).toEqual(before);
  expect((await node.pat.sync(ROUTER)).value).toEqual({ added: 2, removed: 0, moved: 0 });
});

/** The state after a process was killed between its write to the store and its change of the kernel. */
function killedWhile(deleted: boolean): FakeNode {
  const { protocol, gateway_ip, router_port } = FORWARD;
  const endpoints = [{ protocol, gateway_ip, router_port }];
  const id = idOf(8);
  const pending = { ...MAPPING, id, server_ip: '10.20.0.60', status: 'PENDING' as const };
  const router = new FakeRouter(FACTS);
  router.inject({ ...FORWARD, mapping_id: id });
  router.connect(CALLER, FORWARD);
  return fakeNode({ router, store: new MemoryStore([recordWith(deleted ? [] : [pending], { pending: endpoints })]) });
}

const completions: [string, (after: FakeNode) => Promise<unknown>][] = [
  ['the next change of another mapping', (after) => after.pat.create({ ...REQUEST, router_port: 8022 })],
  ['sync', (after) => after.pat.sync(ROUTER)],
];

test.each(completions)('an update of a killed process is completed by %s', async (_, complete) => {
  const after = killedWhile(false);

  await complete(after);

  expect(after.router.connect(CALLER, FORWARD).replyIp).toBe('10.20.0.60');
  expect(after.router.flows).toHaveLength(1);
  expect((await after.store.read(ROUTER)).pending).toEqual([]);
});

test.each(completions)('a delete of a killed process is completed by %s', async (_, complete) => {
  const after = killedWhile(true);

  await complete(after);

  expect(after.router.flows).toEqual([]);
  expect(after.router.entries.filter(({ text }) => text.includes(':4000/'))).toEqual([]);
  expect((await after.store.read(ROUTER)).pending).toEqual([]);
});

test('after a crash behind the change of the kernel only connections remain, and they are ended', async () => {
  const after = killedWhile(true);
  after.router.entries = [];

  await after.pat.sync(ROUTER);

  expect(after.router.flows).toEqual([]);
});
