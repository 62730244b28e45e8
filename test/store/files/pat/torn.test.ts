/** A crash tears the last line. It was never acknowledged: it must be as if it had never been begun. */
import { existsSync, mkdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { FileStore } from '../../../../src/store/files/pat/file-store.ts';
import { ListLog } from '../../../support/fake-node.ts';
import { commitEach, freshDirectory, idOf, journalPath, mapping, openStore, ROUTER } from './support.ts';

let directory: ReturnType<typeof freshDirectory>;
let store: FileStore;
let journal: string;
/** The journal with two whole lines, and where the second begins. */
let whole: Buffer;
let second: number;

beforeEach(async () => {
  directory = freshDirectory();
  store = openStore(directory.path);
  journal = journalPath(directory.path);
  await commitEach(store, [1]);
  second = readFileSync(journal).length;
  await store.transaction(ROUTER, (transaction) =>
    transaction.commit({ put: [mapping(2, { name: 'zwölf €', description: 'longer than the next' })] }),
  );
  whole = readFileSync(journal);
});

afterEach(async () => {
  await store.close();
  directory.remove();
});

/** Commits as a process that starts after a crash, and so knows of no number of a change. Gives what it logged. */
async function commitAfterCrash(number: number): Promise<ListLog> {
  const log = new ListLog();
  const next = openStore(directory.path, { log });
  await commitEach(next, [number]);
  await next.close();
  rmSync(join(directory.path, 'last-changes.json'));
  return log;
}

const readIds = async (): Promise<string[]> => [...(await openStore(directory.path).read(ROUTER)).mappings.keys()];

test('torn at every byte of the last line, readers see the lines before it', async () => {
  for (let length = second; length < whole.length; length++) {
    writeFileSync(journal, whole.subarray(0, length));
    expect([length, await readIds()]).toEqual([length, [idOf(1)]]);
  }
  writeFileSync(journal, whole);
  expect(await readIds()).toEqual([idOf(1), idOf(2)]);
});

test('torn anywhere in the last line, the next writer says it, cuts it off and goes on', async () => {
  await store.close();
  rmSync(join(directory.path, 'last-changes.json'));
  for (let length = second + 1; length < whole.length; length += 9) {
    writeFileSync(journal, whole.subarray(0, length));
    const log = await commitAfterCrash(3);
    const details = { router_id: ROUTER, path: journal, bytes: length - second };
    expect(log.lines).toEqual([{ level: 'warn', message: 'journal cut off', details }]);
    expect([length, await readIds()]).toEqual([length, [idOf(1), idOf(3)]]);
    const lines = readFileSync(journal, 'utf8').split('\n');
    expect(lines.map((line) => (line ? JSON.parse(line).seq : null))).toEqual([1, 2, null]);
  }
});

test('the first line comes as a whole file: a journal without a whole line is no crash, and is refused', async () => {
  for (let length = 0; length < second; length++) {
    writeFileSync(journal, whole.subarray(0, length));
    await expect(readIds()).rejects.toMatchObject({ code: 'STORE_DAMAGED', facts: { path: journal } });
  }
});

test.each(['commit', 'stage'] as const)(
  'killed at any moment of its first %s, a writer leaves no journal or a whole line',
  async (kind) => {
    const seen: (readonly string[])[] = [];
    const { path, remove } = freshDirectory();
    const routers = join(path, 'routers');
    mkdirSync(routers);
    // What is there whenever something in the directory changes is what a kill at that moment leaves.
    const watcher = watch(routers, () => {
      if (existsSync(journalPath(path))) seen.push(readFileSync(journalPath(path), 'utf8').split('\n'));
    });
    const fresh = openStore(path);
    await fresh.transaction(ROUTER, (transaction) => transaction[kind]({ put: [mapping(1)] }));
    await fresh.close();
    watcher.close();
    remove();

    expect(seen.length).toBeGreaterThan(0);
    for (const lines of seen) expect(lines.map((line) => (line ? JSON.parse(line).seq : null))).toEqual([1, null]);
  },
);

test.each([
  ['lost its end', (line: Buffer) => line.fill(0, 20)],
  ['is zeros', (line: Buffer) => line.fill(0)],
])('a last line that %s is not there', async (_, tear) => {
  const torn = Buffer.from(whole);
  tear(torn.subarray(second));
  writeFileSync(journal, torn);

  expect(await readIds()).toEqual([idOf(1)]);
  await store.close();
  rmSync(join(directory.path, 'last-changes.json'));
  await commitAfterCrash(3);
  expect(await readIds()).toEqual([idOf(1), idOf(3)]);
});

test('a last line that was complete once and is torn now is damage, for this process and the next', async () => {
  const refused = { code: 'STORE_DAMAGED', facts: { reason: 'its last line is torn, and change 2 was complete' } };
  await store.close();
  writeFileSync(journal, whole.subarray(0, -1));
  await expect(commitEach(store, [3])).rejects.toMatchObject(refused);
  await store.close();

  writeFileSync(journal, whole);
  await store.transaction(ROUTER, async () => undefined);
  writeFileSync(journal, whole.subarray(0, -1));
  await expect(commitEach(store, [3])).rejects.toMatchObject(refused);
});

test('an older record that is whole is used, and said to be older', async () => {
  await store.close();
  writeFileSync(journal, whole.subarray(0, second));
  const log = new ListLog();
  const next = openStore(directory.path, { log });
  await commitEach(next, [3]);
  await next.close();

  expect(await readIds()).toEqual([idOf(1), idOf(3)]);
  const details = { router_id: ROUTER, path: journal, change: 1, expected: 2 };
  expect(log.lines).toEqual([{ level: 'warn', message: 'record older than before', details }]);
});

test('a power cut between the snapshot and the emptying of the journal leaves lines that change nothing, be the last lost', async () => {
  const before = readFileSync(journal);
  await commitEach(store, [4, 5, 6, 7], 20_000);
  expect(readFileSync(journal, 'utf8').trim().split('\n')).toHaveLength(1);
  const all = [1, 2, 4, 5, 6, 7].map(idOf);
  expect(await readIds()).toEqual(all);

  writeFileSync(journal, before);

  expect(await readIds()).toEqual(all);
  await store.transaction(ROUTER, (transaction) => transaction.commit({ remove: [idOf(1)] }));
  expect(await readIds()).toEqual(all.slice(1));
});
