/** Older files are read as what they mean now; newer ones are left alone. With made-up versions 2 and 3. */

import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { RouterRecord } from '../../../../src/pat/mapping/record.ts';
import type { FileStore } from '../../../../src/store/files/pat/file-store.ts';
import { everyMapping, MIGRATIONS } from '../../../../src/store/files/pat/migrations.ts';
import { fatMapping } from './fixtures/mappings.ts';
import {
  commitEach,
  freshDirectory,
  idOf,
  journalPath,
  openStore,
  ROUTER,
  snapshotPath,
  withoutSeals,
} from './support.ts';

/** In the made-up version 2 a description is the name with an exclamation mark, in version 3 it is in capitals. */
const MADE_UP = [
  everyMapping((mapping) => ({ ...mapping, description: `${String(mapping['name'])}!` })),
  everyMapping((mapping) => ({ ...mapping, description: String(mapping['description']).toUpperCase() })),
];

let directory: ReturnType<typeof freshDirectory>;
let stores: FileStore[];
beforeEach(() => {
  directory = freshDirectory();
  stores = [];
});
afterEach(async () => {
  await Promise.all(stores.map((store) => store.close()));
  directory.remove();
});

function open(migrations: typeof MADE_UP): FileStore {
  const store = openStore(directory.path, { migrations });
  stores.push(store);
  return store;
}

/** Mappings 1 to 4 in a snapshot and 5 in the journal, as the first version writes them. */
async function writeFirstVersion(): Promise<void> {
  const store = open([]);
  await commitEach(store, [1, 2, 3, 4], 20_000);
  await commitEach(store, [5]);
  await store.close();
}

const descriptions = async (store: FileStore): Promise<(string | undefined)[]> => {
  const { mappings } = await store.read(ROUTER);
  return [1, 5, 6].map((n) => mappings.get(idOf(n))?.description);
};

test('snapshots and journal lines of an older version are lifted through every version between', async () => {
  await writeFirstVersion();

  expect(await descriptions(open(MADE_UP))).toEqual(['MAPPING 1!', 'MAPPING 5!', undefined]);
});

test('reading an older version rewrites nothing', async () => {
  await writeFirstVersion();
  const before = [readFileSync(snapshotPath(directory.path)), readFileSync(journalPath(directory.path))];

  await open(MADE_UP).read(ROUTER);

  expect([readFileSync(snapshotPath(directory.path)), readFileSync(journalPath(directory.path))]).toEqual(before);
});

test('a new line goes behind old ones in the new version, and is not lifted again', async () => {
  await writeFirstVersion();
  const store = open(MADE_UP);
  await commitEach(store, [6]);

  const versions = readFileSync(journalPath(directory.path), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).version);
  expect(versions).toEqual([1, 1, 3]);
  expect(await descriptions(open(MADE_UP))).toEqual(['MAPPING 1!', 'MAPPING 5!', '']);
});

test('a fold writes everything in the new version', async () => {
  await writeFirstVersion();
  const store = open(MADE_UP);
  await commitEach(store, [6, 7, 8, 9, 10], 20_000);

  expect(JSON.parse(readFileSync(snapshotPath(directory.path), 'utf8')).version).toBe(3);
  expect(await descriptions(open(MADE_UP))).toEqual(['MAPPING 1!', 'MAPPING 5!', '']);
});

test.each([
  ['snapshot', snapshotPath],
  ['journal', journalPath],
])('a %s of a newer praas is refused by readers and writers, and stays where it is', async (_, pathOf) => {
  await writeFirstVersion();
  const path = pathOf(directory.path);
  writeFileSync(path, withoutSeals(readFileSync(path, 'utf8')).replace('"version":1', '"version":2'));
  const before = readFileSync(path);
  const store = open([]);

  const refused = { code: 'STORE_TOO_NEW', facts: { path, version: 2, known: 1 } };
  await expect(store.read(ROUTER)).rejects.toMatchObject(refused);
  await expect(commitEach(store, [6])).rejects.toMatchObject(refused);
  expect(readFileSync(path)).toEqual(before);
});

describe('version 6', () => {
  const { suspension: _, status_code: __, ...FIFTH } = fatMapping(1, ROUTER, 0);

  async function read(mapping: Readonly<Record<string, unknown>>): Promise<RouterRecord> {
    const store = open([...MIGRATIONS]);
    await commitEach(store, [1, 2, 3, 4], 20_000);
    await store.close();
    const endpoint = { protocol: 'tcp', gateway_ip: '203.0.113.10', router_port: 4000 };
    const fifth = {
      version: 5,
      router_id: ROUTER,
      seq: 4,
      next_port: 0,
      unsettled: [endpoint],
      gateways: [],
      adopting: [],
    };
    writeFileSync(snapshotPath(directory.path), JSON.stringify({ ...fifth, mappings: [mapping] }));
    writeFileSync(journalPath(directory.path), '');
    return await open([...MIGRATIONS]).read(ROUTER);
  }

  test.each([
    ['', null],
    ['disabled', 'DISABLED'],
    ['expired at 2030-01-31T12:00:00Z', 'EXPIRED'],
    ['the router is not on this node', 'ROUTER_ABSENT'],
    ['the router stands by on this node: its gateway address is on another one', 'ROUTER_STANDBY'],
    ['the router has no gateway address', 'NO_GATEWAY_ADDRESS'],
    ['203.0.113.10 is not an address of the router now; it has 203.0.113.11', 'GATEWAY_ADDRESS_GONE'],
    ['server web is SHUTOFF', 'SUSPENDED'],
  ])('status reason %p gets the code %p', async (status_reason, status_code) => {
    const record = await read({ ...FIFTH, hold: null, status_reason });

    expect(record.mappings.get(idOf(1))).toMatchObject({ status_reason, status_code, suspension: null });
    expect(record.pending).toHaveLength(1);
  });

  test('a hold is a suspension with the same reason', async () => {
    const record = await read({ ...FIFTH, hold: { reason: 'server web is SHUTOFF', withdrawn: true } });

    const reason = { code: 'SUSPENDED', facts: { reason: 'server web is SHUTOFF' } };
    expect(record.mappings.get(idOf(1))?.suspension).toEqual({ reason, rules_removed: true });
  });
});
