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
  expect(lines.map((line) => JSON.parse(line).put)).toEqual([undefined, [mapping(MANY)]]);
  expect(statSync(snapshotPath(directory.path), { bigint: true })).toEqual(snapshot);
});

test('a commit beside many mappings makes few of their entries anew, and a rollback none', async () => {
  const before = (await store.read(ROUTER)).mappings;
  await store.transaction(ROUTER, async (transaction) => {
    await transaction.commit({ put: [mapping(MANY)] });
    expect(transaction.record.mappings.since(before)).toEqual({ removed: [], added: [mapping(MANY)] });
    await transaction.rollback();
    expect(transaction.record.mappings).toBe(before);
  });
  expect((await store.read(ROUTER)).mappings).toBe(before);
});

test('the journal is folded when it has outgrown the snapshot, not before', async () => {
  const bytes = statSync(snapshotPath(directory.path)).size;
  const half = mapping(0, { status_reason: '.'.repeat(Math.ceil(bytes * 0.6)) });
  const commit = (): Promise<void> => store.transaction(ROUTER, (transaction) => transaction.commit({ put: [half] }));

  await commit();
  expect(statSync(snapshotPath(directory.path)).size).toBe(bytes);
  expect(statSync(journalPath(directory.path)).size).toBeGreaterThan(bytes / 2);

  await commit();
  expect(statSync(journalPath(directory.path)).size).toBeLessThan(100);
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
