import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Requester, ROOT } from '../../../src/core/identity/requester.ts';
import { praasError } from '../../../src/pat/errors.ts';
import type { Mapping } from '../../../src/pat/mapping/mapping.ts';
import { Mappings } from '../../../src/pat/mapping/mappings.ts';
import type { MappingFilter } from '../../../src/pat/services/api.ts';
import { MappingQuery } from '../../../src/pat/services/mapping-query.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeDataplane, FakeRouter } from '../../support/fake-dataplane.ts';
import { errorOf } from '../../support/fake-node.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { factsOf, idOf, MAPPING, NOW } from '../../support/samples.ts';

const at = (router_id: string, id: string, changes: Partial<Mapping> = {}): Mapping => ({
  ...MAPPING,
  router_id,
  id,
  ...changes,
});

const EAST = [
  at('east', 'aa000000-0000-4000-8000-000000000001', { router_port: 4010, protocol: 'udp' }),
  at('east', 'aa000000-0000-4000-8000-000000000002', { router_port: 4010, server_ip: '10.20.0.52' }),
  at('east', 'ab000000-0000-4000-8000-000000000003', { router_port: 500, enabled: false, status: 'DOWN' }),
];
const WEST = [
  at('west', 'b0000000-0000-4000-8000-000000000004', { gateway_ip: '203.0.113.9', expires_at: NOW, status: 'DOWN' }),
];
const ABSENT = [at('gone', 'c0000000-0000-4000-8000-000000000005')];

/** A store in which the records of some routers cannot be read. */
class DamagedStore extends MemoryStore {
  readonly damaged = new Set<string>();

  override async read(router_id: string): ReturnType<MemoryStore['read']> {
    if (!this.damaged.has(router_id)) return super.read(router_id);
    throw praasError('STORE_DAMAGED', { path: `/srv/state/${router_id}.json`, reason: 'cut off', aside: undefined });
  }
}

let store: DamagedStore;
let dataplane: FakeDataplane;
let query: MappingQuery;

beforeEach(() => {
  const record = (router_id: string, mappings: readonly Mapping[]): ConstructorParameters<typeof MemoryStore>[0] => [
    {
      router_id,
      mappings: Mappings.of(mappings),
      next_port: 0,
      pending: [],
      gateways: [],
      adopting: [],
    },
  ];
  store = new DamagedStore([
    ...(record('west', WEST) ?? []),
    ...(record('east', EAST) ?? []),
    ...(record('gone', ABSENT) ?? []),
  ]);
  dataplane = new FakeDataplane(['east', 'west'].map((router_id) => new FakeRouter(factsOf(router_id))));
  query = new MappingQuery({ store, dataplane, clock: new FakeClock(NOW) });
});

const listed = async (filter: MappingFilter = {}): Promise<string[]> =>
  Array.from(await query.list(filter, ROOT), ({ id }) => id.slice(-1));

describe('list', () => {
  test('gives all mappings by router, gateway address, port and protocol', async () => {
    expect(await listed()).toEqual(['3', '2', '1', '5', '4']);
  });

  test.each<[MappingFilter, string[]]>([
    [{ router_id: 'east' }, ['3', '2', '1']],
    [{ router_id: 'nowhere' }, []],
    [{ server_ip: '10.20.0.52' }, ['2']],
    [{ status: 'ACTIVE' }, ['2', '1']],
    [{ status: 'DOWN' }, ['3', '5', '4']],
    [{ router_id: 'east', status: 'DOWN' }, ['3']],
    [{ server_ip: '10.20.0.5' }, []],
  ])('by %j gives %j', async (filter, expected) => {
    expect(await listed(filter)).toEqual(expected);
  });

  test('gives why each mapping is DOWN now, without reading the kernel', async () => {
    const mappings = await query.list({ status: 'DOWN' }, ROOT);

    expect(Array.from(mappings, ({ status_code }) => status_code)).toEqual(['DISABLED', 'ROUTER_ABSENT', 'EXPIRED']);
    expect(dataplane.calls).toEqual(['routers']);
  });

  test('gives the readable mappings, and why the others cannot be read', async () => {
    store.damaged.add('east');

    const mappings = await query.list({}, ROOT);

    expect(Array.from(mappings, ({ router_id }) => router_id)).toEqual(['gone', 'west']);
    expect(mappings.failures).toMatchObject([{ code: 'STORE_DAMAGED' }]);
  });
});

describe('an ID or ID prefix', () => {
  test.each(['b', 'B0', 'b0000000-', 'b0000000-0000-4000-8000-000000000004'])(
    '%s resolves to one mapping',
    async (id) => {
      expect((await query.get(id, ROOT)).id).toBe(WEST[0]?.id);
    },
  );

  test('gives the mapping with its status as of now', async () => {
    expect(await query.get('b', ROOT)).toMatchObject({ status: 'DOWN', status_code: 'EXPIRED' });
  });

  test('that is ambiguous is refused with the IDs', async () => {
    expect(await errorOf(query.get('aa', ROOT))).toMatchObject({
      code: 'ID_AMBIGUOUS',
      facts: { id: 'aa', ids: ['aa000000-0000-4000-8000-000000000001', 'aa000000-0000-4000-8000-000000000002'] },
    });
  });

  test.each(['', 'd', 'b0000000-0000-4000-8000-0000000000041', '*', '.', '0000', idOf(9), '__proto__'])(
    '%j is not found',
    async (id) => {
      expect(await errorOf(query.get(id, ROOT))).toMatchObject({ code: 'MAPPING_NOT_FOUND', facts: { id } });
    },
  );

  test('that may be in a record that cannot be read throws the error of the record', async () => {
    store.damaged.add('west');

    expect((await errorOf(query.get('b', ROOT))).code).toBe('STORE_DAMAGED');
    expect((await query.get('c', ROOT)).router_id).toBe('gone');
  });

  test('resolves with others, in the order of the request, all or none', async () => {
    const ids = (await query.resolve(['c', 'ab', 'c'], ROOT)).map(({ id }) => id.slice(-1));

    expect(ids).toEqual(['5', '3', '5']);
    expect((await errorOf(query.resolve(['c', 'zz'], ROOT))).code).toBe('MAPPING_NOT_FOUND');
  });
});

test('many mappings are resolved with one read of each record, and none is looked at that is not asked for', async () => {
  let reads = 0;
  const counting = { routers: () => store.routers(), read: (id: string) => (reads++, store.read(id)) };
  query = new MappingQuery({ store: counting, dataplane, clock: new FakeClock(NOW) });

  const resolved = await query.resolve(
    EAST.map(({ id }) => id),
    ROOT,
  );

  expect(resolved.map(({ id }) => id)).toEqual(EAST.map(({ id }) => id));
  expect(reads).toBe(3);
});

const seeing = (sees: () => boolean): Requester => Object.assign(Object.create(ROOT) as Requester, { sees });

describe('a page', () => {
  test('begins after the mapping that it names, and goes on to the next router', async () => {
    const mappings = await query.list({}, ROOT);
    const [, second] = mappings;
    if (second === undefined) throw new Error('there are five');

    expect(mappings.get(second.id)).toEqual(second);
    expect(Array.from(mappings.after(second), ({ id }) => id.slice(-1))).toEqual(['1', '5', '4']);
  });

  test('looks at no mapping that it does not have', async () => {
    let looked = 0;
    const requester = seeing(() => ++looked > 0);
    const [first] = await query.list({}, requester);

    expect([first?.id.slice(-1), looked]).toEqual(['3', 1]);
  });

  test('does not begin after a mapping that the filter leaves out, or that the requester does not see', async () => {
    expect((await query.list({ status: 'DOWN' }, ROOT)).get(EAST[1]?.id ?? '')).toBeUndefined();
    expect(
      (
        await query.list(
          {},
          seeing(() => false),
        )
      ).get(EAST[1]?.id ?? ''),
    ).toBeUndefined();
    expect((await query.list({}, ROOT)).get(idOf(9))).toBeUndefined();
  });
});
