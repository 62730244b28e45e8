/** What every MappingStore promises, as tests over a factory: the real one and the fake of other tests are held to it. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { MappingStore } from '../../src/pat/interfaces/store.ts';
import { emptyRecord } from '../../src/pat/mapping/record.ts';
import { comparable, idOf, mapping, ROUTER } from '../store/files/pat/support.ts';

export interface StoreUnderTest {
  readonly store: MappingStore;
  /** Ends it and takes away what it left. */
  readonly remove: () => Promise<void>;
}

const ENDPOINT = { protocol: 'tcp', gateway_ip: '203.0.113.10', router_port: 4022 } as const;

export function mappingStoreContract(name: string, make: () => StoreUnderTest): void {
  describe(`${name} keeps the promises of a MappingStore`, () => {
    let subject: StoreUnderTest;
    let store: MappingStore;
    beforeEach(() => {
      subject = make();
      store = subject.store;
    });
    afterEach(() => subject.remove());
    const record = async (): Promise<object> => comparable(await store.read(ROUTER));

    test('a router that nothing was written for has an empty record and is not listed', async () => {
      expect(await record()).toEqual(comparable(emptyRecord(ROUTER)));
      expect((await store.routers()).includes(ROUTER)).toBe(false);
      expect(await store.routers()).toEqual([]);
    });

    test('what is committed and written is in the record at once, and for readers', async () => {
      const seen = await store.transaction(ROUTER, async (transaction) => {
        await transaction.commit({ put: [mapping(1), mapping(2)], next_port: 4001, pending: [ENDPOINT] });
        await transaction.stage({ put: [mapping(1, { status: 'ACTIVE' })], pending: [] });
        return comparable(transaction.record);
      });

      const mappings = { [idOf(1)]: mapping(1, { status: 'ACTIVE' }), [idOf(2)]: mapping(2) };
      expect(seen).toEqual({ ...emptyRecord(ROUTER), mappings, next_port: 4001 });
      expect(await record()).toEqual(seen);
    });

    test('a delta that removes and puts one mapping leaves the new one', async () => {
      await store.transaction(ROUTER, async (transaction) => {
        await transaction.commit({ put: [mapping(1)] });
        await transaction.commit({ remove: [idOf(1)], put: [mapping(1, { name: 'new' })] });
      });

      expect((await store.read(ROUTER)).mappings.get(idOf(1))?.name).toBe('new');
    });

    test('a rollback takes back all that this transaction changed', async () => {
      await store.transaction(ROUTER, (transaction) =>
        transaction.commit({ put: [mapping(1), mapping(2)], next_port: 4001, pending: [ENDPOINT] }),
      );
      const before = await record();

      await store.transaction(ROUTER, async (transaction) => {
        await transaction.commit({ put: [mapping(1, { name: 'x' }), mapping(3)], remove: [idOf(2)], next_port: 4002 });
        await transaction.stage({ put: [mapping(3, { name: 'y' })], pending: [], gateways: ['192.0.2.1'] });
        await transaction.stage({ adopting: ['-A a rule'] });
        await transaction.rollback();
        expect(comparable(transaction.record)).toEqual(before);
      });

      expect(await record()).toEqual(before);
    });

    test('what is committed after a rollback counts', async () => {
      await store.transaction(ROUTER, async (transaction) => {
        await transaction.commit({ put: [mapping(1)] });
        await transaction.rollback();
        await transaction.commit({ put: [mapping(2)] });
      });

      expect([...(await store.read(ROUTER)).mappings.keys()]).toEqual([idOf(2)]);
    });

    test('a first commit that is rolled back leaves no record', async () => {
      await store.transaction(ROUTER, async (transaction) => {
        await transaction.commit({ put: [mapping(1)] });
        await transaction.rollback();
      });

      expect((await store.routers()).includes(ROUTER)).toBe(false);
    });

    test('a delta without content leaves no record', async () => {
      await store.transaction(ROUTER, (transaction) => transaction.commit({ put: [], remove: [] }));

      expect((await store.routers()).includes(ROUTER)).toBe(false);
    });

    test('a router whose last mapping is removed still has a record', async () => {
      await store.transaction(ROUTER, async (transaction) => {
        await transaction.commit({ put: [mapping(1)] });
        await transaction.commit({ remove: [idOf(1)] });
      });

      expect((await store.routers()).includes(ROUTER)).toBe(true);
      expect((await store.read(ROUTER)).mappings.size).toBe(0);
    });

    test('routers are listed by id, each with its own record', async () => {
      for (const router_id of ['zebra', 'ant', 'ant.json', 'cow_1']) {
        await store.transaction(router_id, (transaction) => transaction.commit({ put: [mapping(1, { router_id })] }));
      }

      expect(await store.routers()).toEqual(['ant', 'ant.json', 'cow_1', 'zebra']);
      expect((await store.read('ant')).mappings.get(idOf(1))?.router_id).toBe('ant');
    });

    test('work that throws keeps what it committed, and the next transaction runs', async () => {
      const failing = store.transaction(ROUTER, async (transaction) => {
        await transaction.commit({ put: [mapping(1)] });
        throw new Error('the kernel said no');
      });
      await expect(failing).rejects.toThrow('the kernel said no');

      const keys = await store.transaction(ROUTER, async ({ record: { mappings } }) => [...mappings.keys()]);
      expect(keys).toEqual([idOf(1)]);
    });

    test('a record that was read does not change any more', async () => {
      await store.transaction(ROUTER, (transaction) => transaction.commit({ put: [mapping(1)] }));
      const old = await store.read(ROUTER);
      await store.transaction(ROUTER, (transaction) => transaction.commit({ put: [mapping(2)], next_port: 4001 }));

      expect([...old.mappings.keys()]).toEqual([idOf(1)]);
      expect(old.next_port).toBe(0);
    });

    test('transactions of one router run one after the other, in the order of asking', async () => {
      const numbers = [1, 2, 3, 4, 5, 6, 7, 8];
      const sizes = await Promise.all(
        numbers.map((n) =>
          store.transaction(ROUTER, async (transaction) => {
            const before = transaction.record.mappings.size;
            await transaction.commit({ put: [mapping(n)] });
            return before;
          }),
        ),
      );

      expect(sizes).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    });

    test('transactions of two routers do not wait for one another', async () => {
      const arrived = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
      const meet = (mine: 0 | 1) => async (): Promise<string> => {
        arrived[mine].resolve();
        await arrived[mine === 0 ? 1 : 0].promise;
        return 'met';
      };

      const both = await Promise.all([store.transaction('a', meet(0)), store.transaction('b', meet(1))]);

      expect(both).toEqual(['met', 'met']);
    });

    test('deltas that are not awaited one by one are all there, in order', async () => {
      await store.transaction(ROUTER, async (transaction) => {
        await Promise.all([
          transaction.commit({ put: [mapping(1)] }),
          transaction.stage({ put: [mapping(2)] }),
          transaction.commit({ remove: [idOf(1)] }),
        ]);
      });

      expect([...(await store.read(ROUTER)).mappings.keys()]).toEqual([idOf(2)]);
    });

    test('a transaction that has ended refuses to write', async () => {
      const ended = await store.transaction(ROUTER, async (transaction) => ({ transaction }));

      await expect(ended.transaction.commit({ put: [mapping(1)] })).rejects.toThrow('after its end');
      expect((await store.routers()).includes(ROUTER)).toBe(false);
    });
  });
}
