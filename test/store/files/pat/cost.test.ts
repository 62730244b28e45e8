/** A change costs what it holds, not what its router holds. Said of what is done, not of how long it takes. */
import { readFileSync, statSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { FileStore } from '../../../../src/store/files/pat/file-store.ts';
import { freshDirectory, idOf, journalPath, mapping, openStore, ROUTER, snapshotPath } from './support.ts';

const MANY = 5000;

let directory: ReturnType<typeof freshDirectory>;
let store: FileStore;
beforeEach(async () => {
  directory = freshDirectory();
  store = openStore(directory.path);
  const put = Array.from({ length: MANY }, (_, n) => mapping(n));
  await store.transaction(ROUTER, (transaction) => transaction.commit({ put }));
});
afterEach(async () => {
  await store.close();
  directory.remove();
});

test('a commit beside many mappings writes one line and leaves the snapshot alone', async () => {
  const snapshot = statSync(snapshotPath(directory.path), { bigint: true });

  await store.transaction(ROUTER, (transaction) => transaction.commit({ put: [mapping(MANY)] }));

  const lines = readFileSync(journalPath(directory.path), 'utf8').trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).put)).toEqual([[mapping(MANY)]]);
  expect(statSync(snapshotPath(directory.path), { bigint: true })).toEqual(snapshot);
});

test('commits and rollbacks change one map in place, from transaction to transaction', async () => {
  const maps = new Set<ReadonlyMap<string, unknown>>();
  for (const n of [MANY, MANY + 1, MANY + 2]) {
    await store.transaction(ROUTER, async (transaction) => {
      maps.add(transaction.record.mappings);
      await transaction.commit({ put: [mapping(n)] });
      if (n > MANY) await transaction.rollback();
      maps.add(transaction.record.mappings);
    });
  }

  expect(maps.size).toBe(1);
  expect([...maps][0]?.size).toBe(MANY + 1);
});

test('the journal is folded when it has outgrown the snapshot, not before', async () => {
  const bytes = statSync(snapshotPath(directory.path)).size;
  const half = mapping(0, { status_reason: '.'.repeat(Math.ceil(bytes * 0.6)) });
  const commit = (): Promise<void> => store.transaction(ROUTER, (transaction) => transaction.commit({ put: [half] }));

  await commit();
  expect(statSync(snapshotPath(directory.path)).size).toBe(bytes);
  expect(statSync(journalPath(directory.path)).size).toBeGreaterThan(bytes / 2);

  await commit();
  expect(statSync(journalPath(directory.path)).size).toBe(0);
  expect((await openStore(directory.path).read(ROUTER)).mappings.get(idOf(0))).toEqual(half);
});

test('a mapping that could not be read again is not written', async () => {
  const broken = { ...mapping(1), router_port: 0 };
  const stranger = mapping(1, { router_id: 'other' });

  for (const bad of [broken, stranger]) {
    const refused = store.transaction(ROUTER, (transaction) => transaction.commit({ put: [bad] }));
    await expect(refused).rejects.toThrow();
  }
  expect((await openStore(directory.path).read(ROUTER)).mappings.get(idOf(1))).toEqual(mapping(1));
});
