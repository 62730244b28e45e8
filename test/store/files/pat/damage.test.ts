/** Damage is said, set aside by writers only, and never taken for an empty record: that would empty the kernel too. */
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { praasError } from '../../../../src/pat/errors.ts';
import type { FileStore } from '../../../../src/store/files/pat/file-store.ts';
import {
  commitEach,
  freshDirectory,
  idOf,
  journalPath,
  mapping,
  openStore,
  ROUTER,
  resealed,
  snapshotPath,
  withoutSeals,
} from './support.ts';

let directory: ReturnType<typeof freshDirectory>;
let store: FileStore;
let journal: string;
let snapshot: string;

/** A router with a snapshot of mappings 1 to 4 and mappings 5, 6, 7 in the journal; another one beside it. */
beforeEach(async () => {
  directory = freshDirectory();
  journal = journalPath(directory.path);
  snapshot = snapshotPath(directory.path);
  store = openStore(directory.path);
  await commitEach(store, [1, 2, 3, 4], 20_000);
  await commitEach(store, [5, 6, 7]);
  await store.transaction('other', (transaction) => transaction.commit({ put: [mapping(1, { router_id: 'other' })] }));
});

afterEach(async () => {
  await store.close();
  directory.remove();
});

const files = (): string[] => readdirSync(join(directory.path, 'routers')).filter((name) => name.startsWith(ROUTER));
const read = (): Promise<unknown> => openStore(directory.path).read(ROUTER);
const write = (): Promise<void> => commitEach(store, [9]);
const SET_ASIDE = { code: 'STORE_DAMAGED', facts: { aside: expect.any(String) } };
const damage = (path: string, reason: string, aside?: string): Error =>
  praasError('STORE_DAMAGED', { path, reason, aside });
const changeLine = (number: number, change: (line: string) => string): void => {
  const lines = withoutSeals(readFileSync(journal, 'utf8')).split('\n');
  writeFileSync(journal, resealed(lines.map((line, index) => (index === number - 1 ? change(line) : line)).join('\n')));
};
const changeSnapshot = (change: (text: string) => string): void =>
  writeFileSync(snapshot, resealed(change(withoutSeals(readFileSync(snapshot, 'utf8')))));

const SNAPSHOT_DAMAGE: readonly [string, (text: string) => string, string][] = [
  ['is cut off', (text) => text.slice(0, 1000), 'it is not JSON'],
  ['is empty', () => '', 'it is not JSON'],
  ['is no object', () => '[]', 'it must be of type object'],
  [
    'has a port that cannot be',
    (text) => text.replace('"router_port":3', '"router_port":0'),
    'mappings.1.router_port must be a whole number from 1 to 65535',
  ],
  ['is another router’s', (text) => text.replace('"router_id":"r1"', '"router_id":"r2"'), 'it belongs to router r2'],
  [
    'has another router’s mapping',
    (text) => text.replace(`"${idOf(1)}","router_id":"r1"`, `"${idOf(1)}","router_id":"r2"`),
    `mapping ${idOf(1)} belongs to router r2`,
  ],
];

test.each(SNAPSHOT_DAMAGE)(
  'a snapshot that %s is set aside by the writer, with its journal',
  async (_, change, reason) => {
    changeSnapshot(change);
    const [bad, rest] = [readFileSync(snapshot), readFileSync(journal)];
    const aside = `${snapshot}.damaged-20300131T120000Z`;

    await expect(read()).rejects.toEqual(damage(snapshot, reason));
    expect(files()).toEqual(['r1.journal', 'r1.json']);
    await expect(write()).rejects.toEqual(damage(snapshot, reason, aside));

    expect(readFileSync(aside)).toEqual(bad);
    expect(readFileSync(`${aside}-journal`)).toEqual(rest);
    expect(files()).toHaveLength(2);
  },
);

const LINE_DAMAGE: readonly [string, () => void, string][] = [
  ['is not JSON', () => changeLine(3, (line) => line.slice(1)), 'line 3: it is not JSON'],
  [
    'has a bad field',
    () => changeLine(3, (line) => line.replace('"tcp"', '"halt"')),
    'line 3: put.0.protocol must be tcp or udp',
  ],
  ['is missing', () => changeLine(3, () => ''), 'line 3: it is not JSON'],
  [
    'repeats a number',
    () => changeLine(3, (line) => line.replace('"seq":6', '"seq":5')),
    'line 3: found change 5, expected change 6',
  ],
  [
    'skips a number',
    () => changeLine(3, (line) => line.replace('"seq":6', '"seq":7')),
    'line 3: found change 7, expected change 6',
  ],
  ['is JSON of something else at the very end', () => changeLine(4, () => '{"version":1,"seq":7,"x":1}'), 'line 4: '],
  ['belongs behind lines that are lost', () => changeLine(2, () => ''), 'line 2: it is not JSON'],
];

test.each(LINE_DAMAGE)(
  'a journal in which a line %s is set aside by the writer, with its snapshot',
  async (_, change, reason) => {
    change();
    const [bad, rest] = [readFileSync(journal), readFileSync(snapshot)];
    const aside = `${journal}.damaged-20300131T120000Z`;

    await expect(read()).rejects.toMatchObject({ code: 'STORE_DAMAGED', facts: { path: journal, aside: undefined } });
    await expect(read()).rejects.toThrow(reason);
    await expect(write()).rejects.toMatchObject({ code: 'STORE_DAMAGED', facts: { path: journal, aside } });

    expect(readFileSync(aside)).toEqual(bad);
    expect(readFileSync(`${aside}-snapshot`)).toEqual(rest);
    expect(files()).toHaveLength(2);
  },
);

test.each([
  ['the journal', journalPath, 'line 1: it has no checksum'],
  ['the snapshot', snapshotPath, 'it has no checksum'],
])('%s without checksums is damage, and read as that of the version before them', async (_, pathOf, reason) => {
  const path = pathOf(directory.path);
  const [text, before] = [readFileSync(path, 'utf8'), await read()];
  writeFileSync(path, withoutSeals(text));

  await expect(read()).rejects.toEqual(damage(path, reason));
  writeFileSync(path, withoutSeals(text).replaceAll('"version":7', '"version":6'));
  expect(await read()).toEqual(before);
  writeFileSync(path, withoutSeals(text));
  await expect(write()).rejects.toMatchObject(SET_ASIDE);
});

test.each([
  ['the journal', journalPath, 'line 3: its checksum does not match'],
  ['the snapshot', snapshotPath, 'its checksum does not match'],
])('a value in %s that is as good as the one that was written is damage', async (_, pathOf, reason) => {
  const path = pathOf(directory.path);
  const text = readFileSync(path, 'utf8');
  writeFileSync(
    path,
    path === journal ? text.replace('"mapping 6"', '"mapping 7"') : text.replace('mapping 1', 'mapping 3'),
  );

  await expect(read()).rejects.toEqual(damage(path, reason));
  await expect(write()).rejects.toMatchObject(SET_ASIDE);
});

test('a last line that is whole and not what was written is damage, and not a line that was torn', async () => {
  const content = readFileSync(journal);
  content[content.length - 20] = 0;
  writeFileSync(journal, content);

  await expect(read()).rejects.toEqual(damage(journal, 'line 4: it is not JSON'));
  await expect(write()).rejects.toMatchObject(SET_ASIDE);
});

test.each([
  ['is empty', (content: Buffer) => content.subarray(0, 0)],
  ['is all NUL', (content: Buffer) => Buffer.alloc(content.length)],
])('a journal that %s, beside a snapshot, is damaged and not a journal without changes', async (_, change) => {
  writeFileSync(journal, change(readFileSync(journal)));

  await expect(read()).rejects.toEqual(damage(journal, 'it has no complete line'));
  await expect(write()).rejects.toMatchObject(SET_ASIDE);
});

test('a journal whose snapshot is gone is damaged, not a short history', async () => {
  rmSync(snapshot);

  await expect(read()).rejects.toEqual(damage(journal, 'line 1: found change 4, expected change 1'));
});

test.each([
  ['is empty', (content: Buffer) => content.subarray(0, 0)],
  ['is all NUL', (content: Buffer) => Buffer.alloc(content.length)],
  ['ends in its first line', (content: Buffer) => content.subarray(0, 40)],
])('a journal that %s, without a snapshot, is damaged and not a router that was never known', async (_, change) => {
  rmSync(snapshot);
  const bad = change(readFileSync(journal));
  writeFileSync(journal, bad);
  const aside = `${journal}.damaged-20300131T120000Z`;

  await expect(read()).rejects.toEqual(damage(journal, 'it has no complete line'));
  expect(files()).toEqual(['r1.journal']);
  for (let again = 0; again < 2; again++) {
    await expect(write()).rejects.toMatchObject({ code: 'STORE_DAMAGED', facts: { path: journal, aside } });
    expect(files()).toEqual([basename(aside)]);
  }

  expect(readFileSync(aside)).toEqual(bad);
  expect(await store.routers()).toEqual(['other', ROUTER]);
});

test('after the damage was set aside, reading and writing go on being refused, and the router is still listed', async () => {
  writeFileSync(snapshot, '');
  const aside = `${snapshot}.damaged-20300131T120000Z`;
  await expect(write()).rejects.toMatchObject(SET_ASIDE);

  for (const again of [read, write, () => store.read(ROUTER)]) {
    await expect(again()).rejects.toEqual(damage(snapshot, 'set aside earlier', aside));
  }
  expect((await store.routers()).includes(ROUTER)).toBe(true);
  expect(await store.routers()).toEqual(['other', ROUTER]);
});

test('other routers go on working beside a damaged one', async () => {
  writeFileSync(snapshot, '');
  await expect(write()).rejects.toMatchObject(SET_ASIDE);

  await store.transaction('other', (transaction) => transaction.commit({ remove: [idOf(1)] }));

  expect((await openStore(directory.path).read('other')).mappings.size).toBe(0);
});

test('an operator can put a good copy in place, or remove what was set aside to begin anew, without a restart', async () => {
  const good = readFileSync(snapshot);
  writeFileSync(snapshot, '');
  await expect(write()).rejects.toMatchObject(SET_ASIDE);
  const aside = `${snapshot}.damaged-20300131T120000Z`;

  writeFileSync(snapshot, good);
  await write();
  expect([...(await store.read(ROUTER)).mappings.keys()]).toEqual([1, 2, 3, 4, 9].map(idOf));

  for (const path of [snapshot, journal, aside]) rmSync(path);
  await write();
  expect([...(await store.read(ROUTER)).mappings.keys()]).toEqual([idOf(9)]);
});

test('damage found twice in one second overwrites nothing', async () => {
  writeFileSync(snapshot, 'first');
  await expect(write()).rejects.toMatchObject(SET_ASIDE);
  writeFileSync(snapshot, 'second');
  await expect(write()).rejects.toMatchObject(SET_ASIDE);

  const aside = `${snapshot}.damaged-20300131T120000Z`;
  expect([readFileSync(aside, 'utf8'), readFileSync(`${aside}-2`, 'utf8')]).toEqual(['first', 'second']);
});

test('a crash between the two moves of setting aside leaves a record that is still damaged', async () => {
  writeFileSync(snapshot, '');
  renameSync(journal, `${snapshot}.damaged-20300131T115959Z-journal`);

  await expect(read()).rejects.toThrow('it is not JSON');
  await expect(write()).rejects.toMatchObject(SET_ASIDE);
});

test('a name that could climb out of the directory is refused before any file is touched', async () => {
  for (const router_id of ['../lock', 'a/b', '', '.hidden']) {
    await expect(store.read(router_id)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(store.transaction(router_id, async () => 1)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  }
});
