// A project never exceeds its quota, and is never refused because of concurrent requests that fail.

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ROOT } from '../../../src/core/identity/requester.ts';
import { praasError } from '../../../src/pat/errors.ts';
import type { Mapping } from '../../../src/pat/mapping/mapping.ts';
import { emptyRecord, withDelta } from '../../../src/pat/mapping/record.ts';
import { QuotaLedger } from '../../../src/pat/quota/ledger.ts';
import type { Quota } from '../../../src/pat/quota/quota.ts';
import { FakeRouter } from '../../support/fake-dataplane.ts';
import { errorOf, fakeNode, POLICY } from '../../support/fake-node.ts';
import { MemoryQuotaStore, observedStore } from '../../support/memory-quotas.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { factsOf, idOf, MAPPING, REQUEST, ROUTER } from '../../support/samples.ts';

const RANGE = { router_port_range: { first: 4000, last: 4999 } };
const BLUE = { ...REQUEST, project_id: 'blue' };

function nodeWith(quota: Quota, store = new MemoryStore()) {
  return fakeNode({ store, quota, policy: { ...POLICY, ...RANGE } });
}

/** How many were `created`, and how many failed with each code. */
async function outcomesOf(works: readonly Promise<unknown>[]): Promise<Readonly<Record<string, number>>> {
  const outcomes = await Promise.all(
    works.map((work) =>
      work.then(
        () => 'created',
        (error: { code: string }) => error.code,
      ),
    ),
  );
  return Object.fromEntries([...Map.groupBy(outcomes, (each) => each)].map(([each, all]) => [each, all.length]));
}

describe('creating', () => {
  test('64 concurrent requests with a quota of 50 create exactly 50', async () => {
    const { pat, quotas } = nodeWith({ mappings: 50, ports_per_router: -1 });

    const outcomes = await outcomesOf(Array.from({ length: 64 }, () => pat.create(BLUE)));

    expect(outcomes).toEqual({ created: 50, QUOTA_EXCEEDED: 14 });
    expect((await pat.list()).mappings).toHaveLength(50);
    expect(await quotas.show('blue', ROOT)).toMatchObject({ mappings: { limit: 50, in_use: 50 } });
  });

  test('concurrent requests that fail for another reason do not use up the quota', async () => {
    const { pat } = nodeWith({ mappings: 20, ports_per_router: -1 });
    const refused = { ...BLUE, server_ip: '192.0.2.1' };

    const outcomes = await outcomesOf(
      Array.from({ length: 64 }, (_, index) => pat.create(index < 24 ? refused : BLUE)),
    );

    expect(outcomes).toEqual({ created: 20, QUOTA_EXCEEDED: 20, SERVER_NOT_BEHIND_ROUTER: 24 });
  });

  test('a refusal names the project, the limit, the usage and the requested number', async () => {
    const { pat } = nodeWith({ mappings: 3, ports_per_router: 2 });
    await pat.create(BLUE);

    const ports = await errorOf(pat.createMany([BLUE, BLUE]));
    expect(ports.code).toBe('QUOTA_EXCEEDED');
    expect(ports.facts).toEqual({ project: 'blue', what: 'ports on one router', limit: 2, used: 1, requested: 2 });
    const mappings = await errorOf(pat.createMany([BLUE, BLUE, BLUE]));
    expect(mappings.facts).toEqual({ project: 'blue', what: 'mappings', limit: 3, used: 1, requested: 3 });
    expect((await pat.list()).mappings).toHaveLength(1);
  });

  test('counts ports by router, and mappings over all routers', async () => {
    const node = nodeWith({ mappings: 3, ports_per_router: 2 });
    node.dataplane.add(new FakeRouter(factsOf('west')));
    const west = { ...BLUE, router_id: 'west' };
    for (const input of [BLUE, BLUE, west]) await node.pat.create(input);

    expect((await errorOf(node.pat.create(west))).facts).toMatchObject({ what: 'mappings', used: 3 });
    expect(await node.quotas.show('blue', ROOT)).toMatchObject({
      mappings: { in_use: 3 },
      ports_per_router: { in_use: 2 },
    });
  });

  test('a dry run is checked against the quota, and does not use it', async () => {
    const { pat } = nodeWith({ mappings: 1, ports_per_router: -1 });

    await pat.create(BLUE, { dryRun: true });
    await pat.create(BLUE);
    expect((await errorOf(pat.create(BLUE, { dryRun: true }))).code).toBe('QUOTA_EXCEEDED');
  });

  test('disabled mappings count, deleted ones do not', async () => {
    const { pat } = nodeWith({ mappings: 1, ports_per_router: -1 });
    const { value } = await pat.create({ ...BLUE, enabled: false });

    expect((await errorOf(pat.create(BLUE))).code).toBe('QUOTA_EXCEEDED');
    await pat.delete([value.id]);
    await pat.create(BLUE);
    expect((await errorOf(pat.create(BLUE))).code).toBe('QUOTA_EXCEEDED');
  });

  test('mappings without a project have no quota, and each project has its own', async () => {
    const { pat, quotas } = nodeWith({ mappings: 1, ports_per_router: 1 });
    await quotas.set('red', { mappings: 2, ports_per_router: 2 }, ROOT);

    const red = { ...REQUEST, project_id: 'red' };
    const outcomes = await outcomesOf(
      [REQUEST, REQUEST, REQUEST, BLUE, BLUE, red, red, red].map((input) => pat.create(input)),
    );
    expect(outcomes).toEqual({ created: 6, QUOTA_EXCEEDED: 2 });
  });

  test('a request for several projects is refused as a whole when it exceeds the quota of one', async () => {
    const { pat } = nodeWith({ mappings: 1, ports_per_router: -1 });
    await pat.create(BLUE);

    const refused = await errorOf(pat.createMany([{ ...REQUEST, project_id: 'red' }, BLUE]));
    expect(refused.facts).toMatchObject({ project: 'blue' });
    expect((await pat.list()).mappings).toHaveLength(1);
    await pat.create({ ...REQUEST, project_id: 'red' });
  });

  test('mappings from before this process count', async () => {
    const record = withDelta(emptyRecord(ROUTER), { put: [{ ...MAPPING, project_id: 'blue' }] });
    const { pat } = nodeWith({ mappings: 1, ports_per_router: -1 }, new MemoryStore([record]));

    expect((await errorOf(pat.create(BLUE))).code).toBe('QUOTA_EXCEEDED');
  });
});

describe('the counts', () => {
  const request = { router_id: ROUTER, projects: ['blue'] };
  const one = async (): Promise<string> => 'done';

  function ledgerOn(store: Pick<MemoryStore, 'routers' | 'read'>, limit: number): QuotaLedger {
    const defaults = (): Quota => ({ mappings: limit, ports_per_router: -1 });
    return new QuotaLedger({ store, quotas: new MemoryQuotaStore(), defaults });
  }

  test('a record that changed while it was read counts as it is after the change', async () => {
    const full = withDelta(emptyRecord(ROUTER), { put: [{ ...MAPPING, project_id: 'blue' }] });
    const reading = Promise.withResolvers<void>();
    const store = {
      routers: async () => [ROUTER],
      read: async () => {
        await reading.promise;
        return full;
      },
    };
    const ledger = ledgerOn(store, 1);
    const waiting = ledger.reserve(request, one);
    ledger.recordChanged(emptyRecord(ROUTER));
    reading.resolve();

    expect(await waiting).toBe('done');
  });

  test('a record that cannot be read counts as empty until it can be read', async () => {
    const full = withDelta(emptyRecord('west'), { put: [{ ...MAPPING, router_id: 'west', project_id: 'blue' }] });
    let isDamaged = true;
    const store = {
      routers: async () => ['west'],
      read: async () => {
        if (isDamaged) throw praasError('STORE_DAMAGED', { path: 'west.json', reason: 'truncated', aside: undefined });
        return full;
      },
    };
    const ledger = ledgerOn(store, 1);

    expect(await ledger.reserve(request, one)).toBe('done');
    isDamaged = false;
    expect((await errorOf(ledger.reserve(request, one))).code).toBe('QUOTA_EXCEEDED');
  });

  test('an error of the work is thrown, and its reservation is released', async () => {
    const ledger = ledgerOn(new MemoryStore(), 1);

    const failure = new Error('failed');
    await expect(ledger.reserve(request, () => Promise.reject(failure))).rejects.toBe(failure);
    expect(await ledger.reserve(request, one)).toBe('done');
  });

  test('a request that may fit waits for running ones, and one that cannot fit is refused at once', async () => {
    const ledger = ledgerOn(new MemoryStore(), 1);
    const underWay = Promise.withResolvers<string>();
    const first = ledger.reserve(request, () => underWay.promise);
    const second = ledger.reserve(request, one);
    const tooMany = ledger.reserve({ ...request, projects: ['blue', 'blue'] }, one);

    expect((await errorOf(tooMany)).code).toBe('QUOTA_EXCEEDED');
    underWay.resolve('failed, and created nothing');
    expect(await Promise.all([first, second])).toEqual(['failed, and created nothing', 'done']);
  });

  test('in any order of requests no project exceeds its quota, and no request is refused that fits', async () => {
    const anyRequest = fc.record({
      project_id: fc.constantFrom('blue', 'red'),
      router_id: fc.constantFrom('a', 'b'),
      count: fc.integer({ min: 1, max: 3 }),
      fails: fc.boolean(),
      turns: fc.nat(6),
      rest: fc.nat(6),
    });
    const quota = { mappings: 6, ports_per_router: 4 };
    await fc.assert(
      fc.asyncProperty(fc.array(anyRequest, { maxLength: 24 }), async (requests) => {
        const files = new MemoryStore();
        const ledger = new QuotaLedger({ store: files, quotas: new MemoryQuotaStore(), defaults: () => quota });
        const store = observedStore(files, (record) => ledger.recordChanged(record));
        const max = { mappings: 0, onRouter: 0 };
        let ids = 0;
        const turns = async (number: number): Promise<void> => {
          for (let turn = 0; turn < number; turn++) await Promise.resolve();
        };
        const runs = requests.map(async ({ project_id, router_id, count, fails, ...pauses }) => {
          await ledger.reserve({ router_id, projects: Array(count).fill(project_id) }, async () => {
            await turns(pauses.turns);
            if (fails) throw new Error('another failure');
            const made = (): Mapping => ({ ...MAPPING, id: idOf(++ids), router_id, project_id });
            await store.transaction(router_id, (transaction) =>
              transaction.commit({ put: Array.from({ length: count }, made) }),
            );
            await turns(pauses.rest);
          });
        });
        const ends = await Promise.allSettled(runs);

        for (const project_id of ['blue', 'red']) {
          const usage = await ledger.usage(project_id);
          max.mappings = Math.max(max.mappings, usage.mappings);
          max.onRouter = Math.max(max.onRouter, usage.onRouter);
          const records = await Promise.all(['a', 'b'].map((router_id) => files.read(router_id)));
          const [onA = 0, onB = 0] = records.map(
            ({ mappings }) => [...mappings.values()].filter((each) => each.project_id === project_id).length,
          );
          expect(usage).toEqual({ mappings: onA + onB, onRouter: Math.max(onA, onB) });
          for (const [index, { project_id: whose, router_id, count }] of requests.entries()) {
            const end = ends[index];
            if (whose !== project_id || end?.status !== 'rejected' || end.reason.code !== 'QUOTA_EXCEEDED') continue;
            // This test deletes nothing, so a request that did not fit then does not fit now.
            const onRouter = router_id === 'a' ? onA : onB;
            expect(usage.mappings + count > quota.mappings || onRouter + count > quota.ports_per_router).toBe(true);
          }
        }
        expect(max.mappings).toBeLessThanOrEqual(quota.mappings);
        expect(max.onRouter).toBeLessThanOrEqual(quota.ports_per_router);
      }),
      { numRuns: 200 },
    );
  });
});

test('whatever changes in whichever records, the counts are those of all mappings', async () => {
  const projects = [null, 'blue', 'green'];
  const change = fc.record({
    router_id: fc.constantFrom('east', 'west'),
    put: fc.array(fc.record({ id: fc.nat(9).map(idOf), project_id: fc.constantFrom(...projects) }), { maxLength: 4 }),
    remove: fc.array(fc.nat(9).map(idOf), { maxLength: 3 }),
    /** The files were replaced by others: the record is read anew, with other values of equal content. */
    isReloaded: fc.boolean(),
  });
  const property = fc.asyncProperty(fc.array(change, { maxLength: 12 }), async (changes) => {
    const quotas = new MemoryQuotaStore();
    const ledger = new QuotaLedger({
      store: new MemoryStore(),
      quotas,
      defaults: () => ({ mappings: -1, ports_per_router: -1 }),
    });
    const records = new Map(['east', 'west'].map((router_id) => [router_id, emptyRecord(router_id)]));
    for (const { router_id, put, remove, isReloaded } of changes) {
      const before = records.get(router_id) ?? emptyRecord(router_id);
      const after = withDelta(before, { put: put.map((fields) => ({ ...MAPPING, ...fields, router_id })), remove });
      const copies = [...after.mappings.values()].map((mapping) => ({ ...mapping }));
      const record = isReloaded ? withDelta(emptyRecord(router_id), { put: copies }) : after;
      records.set(router_id, record);
      ledger.recordChanged(record);
      const counts = (projectId: string): number[] =>
        [...records.values()].map(
          ({ mappings }) => [...mappings.values()].filter(({ project_id }) => project_id === projectId).length,
        );
      for (const project of ['blue', 'green']) {
        const [east = 0, west = 0] = counts(project);
        expect(await ledger.usage(project)).toEqual({ mappings: east + west, onRouter: Math.max(east, west) });
      }
      const having = ['blue', 'green'].filter((project) => counts(project).some((count) => count > 0));
      expect((await ledger.projects()).toSorted()).toEqual(having);
    }
  });
  await fc.assert(property, { numRuns: 100 });
});
