// A project never gets more than its quota, and never less because somebody else was asking at the same time.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { praasError } from '../../../src/pat/errors.ts';
import type { Mapping } from '../../../src/pat/mapping/mapping.ts';
import { emptyRecord, withDelta } from '../../../src/pat/mapping/record.ts';
import { QuotaLedger } from '../../../src/pat/quota/ledger.ts';
import type { Quota } from '../../../src/pat/quota/quota.ts';
import { FakeRouter } from '../../support/fake-dataplane.ts';
import { errorOf, fakeNode, POLICY } from '../../support/fake-node.ts';
import { MemoryQuotaStore, told } from '../../support/memory-quotas.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { factsOf, idOf, MAPPING, ROUTER, WANTED } from '../../support/samples.ts';

const RANGE = { router_port_range: { first: 4000, last: 4999 } };
const BLUE = { ...WANTED, project_id: 'blue' };

function nodeWith(quota: Quota, store = new MemoryStore()) {
  return fakeNode({ store, quota, policy: { ...POLICY, ...RANGE } });
}

/** How each of them ended: `made`, or the code of the error. */
async function endings(works: readonly Promise<unknown>[]): Promise<Readonly<Record<string, number>>> {
  const ends = await Promise.all(
    works.map((work) =>
      work.then(
        () => 'made',
        (error: { code: string }) => error.code,
      ),
    ),
  );
  return Object.fromEntries([...Map.groupBy(ends, (end) => end)].map(([end, all]) => [end, all.length]));
}

describe('creating', () => {
  test('64 at once with a quota of 50 gives exactly 50', async () => {
    const { pat, quotas } = nodeWith({ mappings: 50, ports_per_router: -1 });

    const ends = await endings(Array.from({ length: 64 }, () => pat.create(BLUE)));

    expect(ends).toEqual({ made: 50, QUOTA_EXCEEDED: 14 });
    expect((await pat.list()).mappings).toHaveLength(50);
    expect(await quotas.show('blue')).toMatchObject({ mappings: { limit: 50, in_use: 50 } });
  });

  test('64 at once of which some fail for another reason still fills the quota', async () => {
    const { pat } = nodeWith({ mappings: 20, ports_per_router: -1 });
    const wrong = { ...BLUE, server_ip: '192.0.2.1' };

    const ends = await endings(Array.from({ length: 64 }, (_, index) => pat.create(index < 24 ? wrong : BLUE)));

    expect(ends).toEqual({ made: 20, QUOTA_EXCEEDED: 20, SERVER_NOT_BEHIND_ROUTER: 24 });
  });

  test('the refusal says whose quota, of what, how much is there and how much was asked for', async () => {
    const { pat } = nodeWith({ mappings: 3, ports_per_router: 2 });
    await pat.create(BLUE);

    const ports = await errorOf(pat.createMany([BLUE, BLUE]));
    expect(ports.code).toBe('QUOTA_EXCEEDED');
    expect(ports.facts).toEqual({ project: 'blue', what: 'ports on one router', limit: 2, used: 1, asked: 2 });
    const mappings = await errorOf(pat.createMany([BLUE, BLUE, BLUE]));
    expect(mappings.facts).toEqual({ project: 'blue', what: 'mappings', limit: 3, used: 1, asked: 3 });
    expect((await pat.list()).mappings).toHaveLength(1);
  });

  test('counts by router for the ports, and over all routers for the mappings', async () => {
    const node = nodeWith({ mappings: 3, ports_per_router: 2 });
    node.dataplane.add(new FakeRouter(factsOf('west')));
    const west = { ...BLUE, router_id: 'west' };
    for (const input of [BLUE, BLUE, west]) await node.pat.create(input);

    expect((await errorOf(node.pat.create(west))).facts).toMatchObject({ what: 'mappings', used: 3 });
    expect(await node.quotas.show('blue')).toMatchObject({
      mappings: { in_use: 3 },
      ports_per_router: { in_use: 2 },
    });
  });

  test('a dry run is held against the quota, and takes nothing of it', async () => {
    const { pat } = nodeWith({ mappings: 1, ports_per_router: -1 });

    await pat.create(BLUE, { dryRun: true });
    await pat.create(BLUE);
    expect((await errorOf(pat.create(BLUE, { dryRun: true }))).code).toBe('QUOTA_EXCEEDED');
  });

  test('what is disabled counts, what was withdrawn does not', async () => {
    const { pat } = nodeWith({ mappings: 1, ports_per_router: -1 });
    const { value } = await pat.create({ ...BLUE, enabled: false });

    expect((await errorOf(pat.create(BLUE))).code).toBe('QUOTA_EXCEEDED');
    await pat.delete([value.id]);
    await pat.create(BLUE);
    expect((await errorOf(pat.create(BLUE))).code).toBe('QUOTA_EXCEEDED');
  });

  test('for no project knows no quota, and other projects have their own', async () => {
    const { pat, quotas } = nodeWith({ mappings: 1, ports_per_router: 1 });
    await quotas.set('red', { mappings: 2, ports_per_router: 2 });

    const red = { ...WANTED, project_id: 'red' };
    const ends = await endings([WANTED, WANTED, WANTED, BLUE, BLUE, red, red, red].map((input) => pat.create(input)));
    expect(ends).toEqual({ made: 6, QUOTA_EXCEEDED: 2 });
  });

  test('of several projects together is refused as a whole when it is too much for one', async () => {
    const { pat } = nodeWith({ mappings: 1, ports_per_router: -1 });
    await pat.create(BLUE);

    const refused = await errorOf(pat.createMany([{ ...WANTED, project_id: 'red' }, BLUE]));
    expect(refused.facts).toMatchObject({ project: 'blue' });
    expect((await pat.list()).mappings).toHaveLength(1);
    await pat.create({ ...WANTED, project_id: 'red' });
  });

  test('what was there before this process counts', async () => {
    const record = withDelta(emptyRecord(ROUTER), { put: [{ ...MAPPING, project_id: 'blue' }] });
    const { pat } = nodeWith({ mappings: 1, ports_per_router: -1 }, new MemoryStore([record]));

    expect((await errorOf(pat.create(BLUE))).code).toBe('QUOTA_EXCEEDED');
  });
});

describe('the counts', () => {
  const asked = { router_id: ROUTER, projects: ['blue'] };
  const one = async (): Promise<string> => 'done';

  function bookOn(store: Pick<MemoryStore, 'routers' | 'read'>, limit: number): QuotaLedger {
    const defaults = (): Quota => ({ mappings: limit, ports_per_router: -1 });
    return new QuotaLedger({ store, quotas: new MemoryQuotaStore(), defaults });
  }

  test('what was touched while the records were read is newer than what was read', async () => {
    const full = withDelta(emptyRecord(ROUTER), { put: [{ ...MAPPING, project_id: 'blue' }] });
    const reading = Promise.withResolvers<void>();
    const store = {
      routers: async () => [ROUTER],
      read: async () => {
        await reading.promise;
        return full;
      },
    };
    const book = bookOn(store, 1);
    const held = book.reserve(asked, one);
    book.touched(emptyRecord(ROUTER));
    reading.resolve();

    expect(await held).toBe('done');
  });

  test('a record that cannot be read stops nobody, and counts as soon as it can be', async () => {
    const full = withDelta(emptyRecord('west'), { put: [{ ...MAPPING, router_id: 'west', project_id: 'blue' }] });
    let isDamaged = true;
    const store = {
      routers: async () => ['west'],
      read: async () => {
        if (isDamaged) throw praasError('STORE_DAMAGED', { path: 'west.json', reason: 'torn', aside: undefined });
        return full;
      },
    };
    const book = bookOn(store, 1);

    expect(await book.reserve(asked, one)).toBe('done');
    isDamaged = false;
    expect((await errorOf(book.reserve(asked, one))).code).toBe('QUOTA_EXCEEDED');
  });

  test('what `work` throws is thrown, and the place is free again', async () => {
    const book = bookOn(new MemoryStore(), 1);

    await expect(book.reserve(asked, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await book.reserve(asked, one)).toBe('done');
  });

  test('who might fit waits for those under way, and who cannot fit is refused at once', async () => {
    const book = bookOn(new MemoryStore(), 1);
    const underWay = Promise.withResolvers<string>();
    const first = book.reserve(asked, () => underWay.promise);
    const second = book.reserve(asked, one);
    const tooMany = book.reserve({ ...asked, projects: ['blue', 'blue'] }, one);

    expect((await errorOf(tooMany)).code).toBe('QUOTA_EXCEEDED');
    underWay.resolve('failed, and left nothing');
    expect(await Promise.all([first, second])).toEqual(['failed, and left nothing', 'done']);
  });

  test('whatever happens in whatever order, no project has more than its quota, and none is refused that fits', async () => {
    const request = fc.record({
      project_id: fc.constantFrom('blue', 'red'),
      router_id: fc.constantFrom('a', 'b'),
      count: fc.integer({ min: 1, max: 3 }),
      fails: fc.boolean(),
      turns: fc.nat(6),
      rest: fc.nat(6),
    });
    const quota = { mappings: 6, ports_per_router: 4 };
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 24 }), async (requests) => {
        const files = new MemoryStore();
        const book = new QuotaLedger({ store: files, quotas: new MemoryQuotaStore(), defaults: () => quota });
        const store = told(files, (record) => book.touched(record));
        const most = { mappings: 0, onRouter: 0 };
        let ids = 0;
        const turns = async (number: number): Promise<void> => {
          for (let turn = 0; turn < number; turn++) await Promise.resolve();
        };
        const runs = requests.map(async ({ project_id, router_id, count, fails, ...pauses }) => {
          await book.reserve({ router_id, projects: Array(count).fill(project_id) }, async () => {
            await turns(pauses.turns);
            if (fails) throw new Error('for another reason');
            const made = (): Mapping => ({ ...MAPPING, id: idOf(++ids), router_id, project_id });
            await store.transaction(router_id, (transaction) =>
              transaction.commit({ put: Array.from({ length: count }, made) }),
            );
            await turns(pauses.rest);
          });
        });
        const ends = await Promise.allSettled(runs);

        for (const project_id of ['blue', 'red']) {
          const usage = await book.usage(project_id);
          most.mappings = Math.max(most.mappings, usage.mappings);
          most.onRouter = Math.max(most.onRouter, usage.onRouter);
          const records = await Promise.all(['a', 'b'].map((router_id) => files.read(router_id)));
          const [onA = 0, onB = 0] = records.map(
            ({ mappings }) => [...mappings.values()].filter((each) => each.project_id === project_id).length,
          );
          expect(usage).toEqual({ mappings: onA + onB, onRouter: Math.max(onA, onB) });
          for (const [index, { project_id: whose, router_id, count }] of requests.entries()) {
            const end = ends[index];
            if (whose !== project_id || end?.status !== 'rejected' || end.reason.code !== 'QUOTA_EXCEEDED') continue;
            // Nothing is ever taken away here, so what was too much then is too much now.
            const onRouter = router_id === 'a' ? onA : onB;
            expect(usage.mappings + count > quota.mappings || onRouter + count > quota.ports_per_router).toBe(true);
          }
        }
        expect(most.mappings).toBeLessThanOrEqual(quota.mappings);
        expect(most.onRouter).toBeLessThanOrEqual(quota.ports_per_router);
      }),
      { numRuns: 200 },
    );
  });
});
