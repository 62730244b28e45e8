/** A writer overtakes a reader at the worst moment: between its two reads, or in the middle of one. A pipe holds the reader there. */

import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { seal } from '../../../../src/store/files/seal.ts';
import { commitEach, freshDirectory, idOf, journalPath, openStore, ROUTER, snapshotPath } from './support.ts';

const FIRST = [1, 2, 3, 4];
const LATER = [5, 6];

let directory: ReturnType<typeof freshDirectory>;
let journal: string;
let snapshot: string;
/** What the files are before and after the fold. */
let before: { snapshot: Buffer; journal: Buffer };
let after: { snapshot: Buffer };

beforeEach(async () => {
  directory = freshDirectory();
  journal = journalPath(directory.path);
  snapshot = snapshotPath(directory.path);
  const store = openStore(directory.path);
  await commitEach(store, FIRST, 20_000);
  await commitEach(store, LATER);
  before = { snapshot: readFileSync(snapshot), journal: readFileSync(journal) };
  const { version, crc32: _, ...record } = JSON.parse(before.snapshot.toString());
  const { mappings } = await store.read(ROUTER);
  const folded = { version, ...record, seq: FIRST.length + LATER.length, mappings: [...mappings.values()] };
  after = { snapshot: Buffer.from(seal(JSON.stringify(folded))) };
  await store.close();
});
afterEach(() => directory.remove());

/** Begins to read, stops the reader where it reads the journal, does `meanwhile`, and lets it read `content` there. */
async function readOvertaken(content: string, meanwhile: () => void): Promise<string[]> {
  execFileSync('mkfifo', [`${journal}.pipe`]);
  renameSync(`${journal}.pipe`, journal);
  const reading = openStore(directory.path).read(ROUTER);
  const pipe = await open(journal, 'w');
  meanwhile();
  await pipe.writeFile(content);
  await pipe.close();
  return [...(await reading).mappings.keys()];
}

test('a reader that meets a journal just begun anew reads the snapshot that it was folded into', async () => {
  const ids = await readOvertaken(`${seal('{"version":7,"seq":6}')}\n`, () => writeFileSync(snapshot, after.snapshot));

  expect(ids).toEqual([...FIRST, ...LATER].map(idOf));
});

test('a reader that has the journal from before a fold passes over what the snapshot has by then', async () => {
  const ids = await readOvertaken(before.journal.toString(), () => writeFileSync(snapshot, after.snapshot));

  expect(ids).toEqual([...FIRST, ...LATER].map(idOf));
});

test('a journal that changes while it is read is read again before it is called damaged', async () => {
  const ids = await readOvertaken('half of an old line\n{"half":"of a new one"}\n', () => {
    writeFileSync(`${journal}.new`, before.journal);
    renameSync(`${journal}.new`, journal);
  });

  expect(ids).toEqual([...FIRST, ...LATER].map(idOf));
});
