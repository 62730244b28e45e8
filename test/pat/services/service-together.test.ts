/** Concurrent changes of one router are made together, and each has its own result. */

import { beforeEach, expect, test } from '@jest/globals';
import { praasError } from '../../../src/pat/errors.ts';
import type { MappingStore, StoreTransaction } from '../../../src/pat/interfaces/store.ts';
import { FakeRouter } from '../../support/fake-dataplane.ts';
import { errorOf, type FakeNode, fakeNode, POLICY } from '../../support/fake-node.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { newMapping } from '../../support/requests.ts';
import { factsOf, idOf, REQUEST, ROUTER } from '../../support/samples.ts';

/** Counts commits, because each costs an fsync. */
class CountingStore extends MemoryStore {
  commits = 0;
  broken: Error | undefined;
  /** Has no space for new mappings. */
  isFull = false;

  override transaction: MappingStore['transaction'] = (router_id, work) =>
    super.transaction(router_id, (inner) => {
      const counted: StoreTransaction = {
        get record() {
          return inner.record;
        },
        commit: (delta) => {
          this.commits += 1;
          if (this.broken) throw this.broken;
          return inner.commit(delta);
        },
        stage: async (delta) => {
          if (this.isFull && delta.next_port !== undefined) throw praasError('STORE_FULL', { path: '/srv/state' });
          await inner.stage(delta);
        },
        rollback: () => inner.rollback(),
      };
      return work(counted);
    });
}

let store: CountingStore;
let node: FakeNode;

beforeEach(async () => {
  store = new CountingStore();
  node = fakeNode({ store });
  await node.pat.create(REQUEST);
  store.commits = 0;
});

const applied = (): number => node.dataplane.count('apply');
const outcomes = async (works: readonly Promise<unknown>[]): Promise<string[]> =>
  (await Promise.allSettled(works)).map((result) =>
    result.status === 'fulfilled' ? 'done' : String((result.reason as { code?: string }).code),
  );

test('three creates cost one inspection, one durable write and one kernel transaction, and get three ports', async () => {
  const before = [applied(), node.dataplane.count('facts')] as const;

  const created = await Promise.all([1, 2, 3].map((port) => node.pat.create({ ...REQUEST, server_port: port })));

  expect(created.map(({ value }) => value.router_port)).toEqual([4001, 4002, 4003]);
  expect(created.map(({ value }) => value.status)).toEqual(['ACTIVE', 'ACTIVE', 'ACTIVE']);
  expect([applied() - before[0], node.dataplane.count('facts') - before[1], store.commits]).toEqual([1, 1, 1]);
});

test('a refused change does not affect the others', async () => {
  const works = [
    node.pat.create({ ...REQUEST, server_port: 80 }),
    node.pat.create({ ...REQUEST, router_port: 4000 }),
    node.pat.create({ ...REQUEST, server_ip: '192.0.2.1' }),
    node.pat.update(idOf(1), { name: 'ssh' }),
    node.pat.delete([idOf(9)]),
  ];

  expect(await outcomes(works)).toEqual([
    'done',
    'PORT_TAKEN',
    'SERVER_NOT_BEHIND_ROUTER',
    'done',
    'MAPPING_NOT_FOUND',
  ]);
  expect(node.router.entries).toHaveLength(2);
});

test('of two requests for the same port one gets it', async () => {
  const works = [4002, 4002].map((router_port) => node.pat.create({ ...REQUEST, router_port }));

  expect((await outcomes(works)).toSorted()).toEqual(['PORT_TAKEN', 'done']);
});

test('an update and a delete of one mapping are made one after the other, in any order', async () => {
  const [updated, deleted] = await outcomes([
    node.pat.update(idOf(1), { router_port: 4003 }),
    node.pat.delete([idOf(1)]),
  ]);

  expect(['done', 'MAPPING_NOT_FOUND']).toContain(updated);
  expect(deleted).toBe('done');
  expect(node.router.entries).toEqual([]);
  expect((await node.pat.list()).mappings).toEqual([]);
});

test('when the kernel refuses changes together, each is tried alone and only the invalid one fails', async () => {
  // Together, together again after the kernel was read; then alone: the first, and the first again.
  for (let n = 0; n < 2; n++) node.dataplane.refuseNext(ROUTER);

  const works = [80, 81, 82].map((server_port) => node.pat.create({ ...REQUEST, server_port }));

  expect(await outcomes(works)).toEqual(['KERNEL_REFUSED', 'done', 'done']);
  const stored = (await node.pat.list()).mappings.map(({ server_port }) => server_port);
  expect(stored).toEqual([22, 81, 82]);
  expect(node.router.entries).toHaveLength(3);
});

test('a full disk refuses all of them and changes nothing', async () => {
  store.broken = praasError('STORE_FULL', { path: '/srv/state/x.journal' });
  const before = node.router.inPlace();

  const works = [80, 81].map((server_port) => node.pat.create({ ...REQUEST, server_port }));
  expect(await outcomes(works)).toEqual(['STORE_FULL', 'STORE_FULL']);

  expect((await node.pat.list()).mappings).toHaveLength(1);
  expect(node.router.inPlace()).toEqual(before);
  store.broken = undefined;
  expect(await outcomes([node.pat.create({ ...REQUEST, server_port: 82 })])).toEqual(['done']);
});

test('routers do not wait for one another', async () => {
  node.dataplane.add(new FakeRouter(factsOf('west')));
  const blocked = Promise.withResolvers<void>();
  const facts = node.dataplane.facts.bind(node.dataplane);
  node.dataplane.facts = async (router_id) => {
    if (router_id === ROUTER) await blocked.promise;
    return facts(router_id);
  };
  const slow = node.pat.create({ ...REQUEST, server_port: 80 });

  expect(await outcomes([node.pat.create({ ...REQUEST, router_id: 'west' })])).toEqual(['done']);

  blocked.resolve();
  expect(await outcomes([slow])).toEqual(['done']);
});

test('a list is created all or none', async () => {
  const inputs = [80, 81].map((server_port) => ({ ...REQUEST, server_port }));
  expect((await node.pat.createMany(inputs)).value.map(({ router_port }) => router_port)).toEqual([4001, 4002]);
  const before = node.router.inPlace();

  const twoMore = [82, 83].map((server_port) => ({ ...REQUEST, server_port }));
  expect((await errorOf(node.pat.createMany(twoMore))).code).toBe('NO_FREE_PORT');

  expect(node.router.inPlace()).toEqual(before);
  expect((await node.pat.list()).mappings).toHaveLength(3);
});

test('a list for several routers, or for none, is refused', async () => {
  const inputs = [REQUEST, { ...REQUEST, router_id: 'west' }];

  expect(await errorOf(() => node.pat.createMany(inputs))).toMatchObject({
    code: 'INVALID_INPUT',
    facts: { field: 'router_id', found: `${ROUTER} and west` },
  });
  expect(await errorOf(() => node.pat.createMany([]))).toMatchObject({
    code: 'INVALID_INPUT',
    facts: { field: 'mappings', found: '[]' },
  });
});

test('a port that is already published is given again, also to concurrent requests', async () => {
  const asked = await Promise.all([1, 2].map(() => node.pat.ensure(newMapping({ ...REQUEST, server_port: 80 }))));
  const again = await node.pat.ensure(newMapping({ ...REQUEST, gateway_ip: '203.0.113.10', server_port: 80 }));
  const other = await node.pat.ensure(newMapping({ ...REQUEST, protocol: 'udp', server_port: 80 }));

  expect(asked.map(({ value }) => [value.mapping.router_port, value.isNew])).toEqual([
    [4001, true],
    [4001, false],
  ]);
  expect(again.value.isNew).toBe(false);
  expect(other.value.isNew).toBe(true);
});

test('a repeated create is recognized also while its router is not on this node', async () => {
  await node.pat.createMany([{ ...REQUEST, server_port: 80 }], {}, [idOf(7)]);
  node.dataplane.lose(ROUTER);

  const again = node.pat.createMany([{ ...REQUEST, server_port: 80 }], {}, [idOf(7)]);

  expect((await errorOf(again)).code).toBe('MAPPING_EXISTS');
});

test('on a full disk the new mappings of a batch are refused, and the deletion among them is made', async () => {
  store.isFull = true;
  const create = (port: number): Promise<unknown> => node.pat.create({ ...REQUEST, server_port: port });

  const [first, deleted, last] = await Promise.allSettled([create(80), node.pat.delete([idOf(1)]), create(81)]);

  const refused = { status: 'rejected', reason: { code: 'STORE_FULL' } };
  expect([first, last]).toMatchObject([refused, refused]);
  expect(deleted?.status).toBe('fulfilled');
  expect(node.router.entries).toEqual([]);
  expect((await store.read(ROUTER)).mappings.size).toBe(0);

  store.isFull = false;
  await create(80);
  expect(node.router.entries).toHaveLength(1);
});

test('more changes than fit in one batch are all made', async () => {
  const node2 = fakeNode({ policy: { ...POLICY, router_port_range: { first: 4000, last: 4999 } } });

  const works = Array.from({ length: 600 }, (_, n) => node2.pat.create({ ...REQUEST, server_port: n + 1 }));

  expect(new Set(await outcomes(works))).toEqual(new Set(['done']));
  expect(node2.router.entries).toHaveLength(600);
});
