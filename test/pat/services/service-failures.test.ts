/** An error means that nothing has changed: neither what is stored nor what is in the kernel. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { praasError } from '../../../src/pat/errors.ts';
import type { MappingStore } from '../../../src/pat/interfaces/store.ts';
import type { Delta } from '../../../src/pat/mapping/record.ts';
import type { MappingRequestInput } from '../../../src/pat/mapping/request.ts';
import { FakeRouter } from '../../support/fake-dataplane.ts';
import { errorOf, type FakeNode, fakeNode } from '../../support/fake-node.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { CALLER, FORWARD, factsOf, idOf, MAPPING, REQUEST, ROUTER, recordWith } from '../../support/samples.ts';

const TOOL_FAILED = praasError('TOOL_FAILED', { command: 'conntrack', exit_code: 1, output: 'no' });

/** A store in which the call that `broken` names fails. */
class BrokenStore extends MemoryStore {
  broken: 'commit' | 'stage' | undefined;

  override transaction: MappingStore['transaction'] = (router_id, work) =>
    super.transaction(router_id, (inner) => {
      const write = (kind: 'commit' | 'stage') => (delta: Delta) => {
        if (this.broken !== kind) return inner[kind](delta);
        throw praasError('STORE_FULL', { path: '/srv/state/x.json' });
      };
      const rollback = (): Promise<void> => inner.rollback();
      return work({
        get record() {
          return inner.record;
        },
        commit: write('commit'),
        stage: write('stage'),
        rollback,
      });
    });
}

let node: FakeNode;
let store: BrokenStore;

beforeEach(async () => {
  store = new BrokenStore();
  node = fakeNode({ store });
  await node.pat.create(REQUEST);
  node.router.connect(CALLER, FORWARD);
});

/** What a failed change must not change. */
const state = async (): Promise<unknown> => ({
  record: structuredClone(await store.read(ROUTER)),
  kernel: node.router.inPlace(),
  flows: node.router.flows,
});
const refuse = (): void => {
  // Twice, because a refusal may be due to an outdated view: the change is tried again after the kernel was read.
  node.dataplane.refuseNext(ROUTER);
};

const changes: [string, () => Promise<unknown>][] = [
  ['create', () => node.pat.create(REQUEST)],
  ['update', () => node.pat.update(idOf(1), { router_port: 4003 })],
  ['disable', () => node.pat.update(idOf(1), { enabled: false })],
  ['delete', () => node.pat.delete([idOf(1)])],
];

describe.each(changes)('%s', (_, change) => {
  test('that the kernel refuses changes nothing', async () => {
    const before = await state();
    refuse();

    expect((await errorOf(change())).code).toBe('KERNEL_REFUSED');

    expect(await state()).toEqual(before);
  });

  test('whose connections cannot be read restores the rules', async () => {
    const before = await state();
    node.dataplane.failNext('flows', TOOL_FAILED);

    expect((await errorOf(change())).code).toBe('TOOL_FAILED');

    expect(node.dataplane.count('apply')).toBe(3);
    expect(await state()).toEqual(before);
  });

  test('that the store cannot write changes nothing, and does not change the kernel', async () => {
    const before = await state();
    store.broken = 'commit';

    expect((await errorOf(change())).code).toBe('STORE_FULL');

    expect(node.dataplane.count('apply')).toBe(1);
    expect(await state()).toEqual(before);
  });

  test('works after the failure, and reads the kernel again', async () => {
    refuse();
    await errorOf(change());
    const observed = node.dataplane.count('observe');
    node.router.inject({ ...FORWARD, mapping_id: idOf(7), router_port: 4009 });

    node.dataplane.failNext('apply', praasError('KERNEL_BUSY', { router: ROUTER, seconds: 10 }));
    await errorOf(change());
    await change();

    expect(node.dataplane.count('observe')).toBeGreaterThan(observed);
    expect(node.router.inPlace().filter((text) => text.startsWith(idOf(7)))).toEqual([]);
  });
});

test('connections that cannot be ended are an error, and the rules are restored', async () => {
  const before = await state();
  node.dataplane.failNext('endFlows', TOOL_FAILED);

  expect((await errorOf(node.pat.delete([idOf(1)]))).code).toBe('TOOL_FAILED');

  expect(await state()).toEqual(before);
});

test('a status that cannot be stored is an error, and the rules are restored', async () => {
  const before = node.router.inPlace();
  store.broken = 'stage';

  expect((await errorOf(node.pat.create(REQUEST))).code).toBe('STORE_FULL');

  expect(node.router.inPlace()).toEqual(before);
  expect((await store.read(ROUTER)).mappings.size).toBe(1);
});

test('a refused create uses no port, and creates no record of the router', async () => {
  const west = new FakeRouter(factsOf('west'));
  node.dataplane.add(west);
  node.dataplane.refuseNext('west');

  await errorOf(node.pat.create({ ...REQUEST, router_id: 'west' }));

  expect((await store.routers()).includes('west')).toBe(false);
  expect([west.inPlace(), west.hasBaseChains]).toEqual([[], false]);
  expect((await node.pat.create({ ...REQUEST, router_id: 'west' })).value.router_port).toBe(4000);
});

test('when the rules cannot be restored either, the first error is thrown, the second logged, and sync repairs the drift', async () => {
  node.dataplane.failNext('flows', TOOL_FAILED);
  node.dataplane.failNext('observe', praasError('KERNEL_BUSY', { router: ROUTER, seconds: 10 }));

  expect((await errorOf(node.pat.create(REQUEST))).code).toBe('TOOL_FAILED');

  expect(node.router.entries).toHaveLength(2);
  expect(node.log.lines.at(-1)).toMatchObject({ level: 'warn', details: { router_id: ROUTER } });
  await node.pat.sync(ROUTER);
  expect(node.router.inPlace()).toHaveLength(1);
});

test('a refused change after a crash keeps the connections of other mappings', async () => {
  const { protocol, gateway_ip, router_port } = FORWARD;
  const other = { ...MAPPING, id: idOf(2), router_port: 4001 };
  const crashed = recordWith([MAPPING, other], { pending: [{ protocol, gateway_ip, router_port }] });
  node = fakeNode({ store: new MemoryStore([crashed]), router: node.router });
  node.dataplane.refuseNext(ROUTER);
  await errorOf(node.pat.update(idOf(2), { router_port: 4002 }));

  await node.pat.update(idOf(2), { router_port: 4002 });

  expect(node.router.flows).toHaveLength(1);
  expect(node.router.entries).toHaveLength(2);
});

test('unmanaged rules are respected, not overwritten', async () => {
  node.router.portsInUse = [
    { protocol: 'tcp', cidr: '0.0.0.0/0', first: 4001, last: 4003, kind: 'rule', text: '-A x --dport 4001:4003' },
  ];
  node = fakeNode({ store, router: node.router });

  const create = (request: MappingRequestInput): Promise<unknown> => node.pat.createMany([request], {}, [idOf(9)]);
  expect(await errorOf(create({ ...REQUEST, router_port: 4002 }))).toMatchObject({
    code: 'PORT_TAKEN',
    facts: { by: { kind: 'rule', rule: '-A x --dport 4001:4003' } },
  });
  expect((await errorOf(create(REQUEST))).code).toBe('NO_FREE_PORT');
});

test('a delete over two routers of which one refuses deletes the mapping of the other, and reports the failure', async () => {
  node.dataplane.add(new FakeRouter(factsOf('west')));
  await node.pat.create({ ...REQUEST, router_id: 'west' });
  refuse();

  const { value, failures } = await node.pat.delete([idOf(1), idOf(2)]);

  expect(failures).toMatchObject([{ code: 'KERNEL_REFUSED' }]);
  expect(value.map(({ id }) => id)).toEqual([idOf(2)]);
  expect((await node.pat.list()).mappings.map(({ id, status }) => [id, status])).toEqual([[idOf(1), 'ACTIVE']]);
});
