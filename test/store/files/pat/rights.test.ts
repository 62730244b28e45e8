/** Only root reads the state; other users get NOT_PERMITTED. Switches to the user nobody, which requires root: not skipped in CI. */
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readError } from '../../../../src/store/files/disk.ts';
import type { FileStore } from '../../../../src/store/files/pat/file-store.ts';
import { writeError } from '../../../../src/system/disk.ts';
import { commitEach, freshDirectory, journalPath, openStore, ROUTER, snapshotPath } from './support.ts';

const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;
const testAsRoot = isRoot ? test : test.skip;

let directory: ReturnType<typeof freshDirectory>;
let state_dir: string;
let store: FileStore;
beforeEach(() => {
  directory = freshDirectory();
  chmodSync(directory.path, 0o755);
  state_dir = join(directory.path, 'lib', 'praas');
  store = openStore(state_dir);
});
afterEach(async () => {
  await store.close();
  directory.remove();
});

async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

test('the tests of rights run in CI', () => {
  expect(isRoot || !process.env['CI']).toBe(true);
});

test('reading without a state directory finds no routers and makes nothing', async () => {
  expect(await store.routers()).toEqual([]);
  expect((await store.read(ROUTER)).mappings.size).toBe(0);
  expect(() => statSync(state_dir)).toThrow('ENOENT');
});

test('what is written is for its owner alone, whatever was made on the way to it', async () => {
  await commitEach(store, [1, 2, 3, 4], 20_000);

  const modes = [state_dir, join(state_dir, 'routers')].map(mode);
  expect(modes).toEqual(['700', '700']);
  const paths = [join(state_dir, 'lock'), journalPath(state_dir), snapshotPath(state_dir)];
  expect(paths.map(mode)).toEqual(['600', '600', '600']);
  expect(mode(join(directory.path, 'lib'))).toBe('755');
});

testAsRoot('who may not read the state is told that it needs root', async () => {
  await commitEach(store, [1]);
  const reader = openStore(state_dir);

  const reads: (() => Promise<unknown>)[] = [() => reader.routers(), () => reader.routers(), () => reader.read(ROUTER)];
  for (const read of reads) {
    await expect(asNobody(read)).rejects.toMatchObject({
      code: 'NOT_PERMITTED',
      facts: { what: expect.stringMatching(/^reading /) },
    });
  }
});

testAsRoot('who may not write the state is told that it needs root', async () => {
  const refused = asNobody(() => store.transaction(ROUTER, async () => undefined));
  await expect(refused).rejects.toMatchObject({
    code: 'NOT_PERMITTED',
    facts: { what: expect.stringMatching(/^writing /) },
  });
});

test('a state directory that is a file cannot be read or written, and both say which path', async () => {
  writeFileSync(join(directory.path, 'lib'), '');

  const unreadable = { code: 'STORE_UNREADABLE', message: expect.stringContaining(join(state_dir, 'routers')) };
  await expect(store.read(ROUTER)).rejects.toMatchObject(unreadable);
  await expect(store.routers()).rejects.toMatchObject(unreadable);
  await expect(store.transaction(ROUTER, async () => undefined)).rejects.toMatchObject({ code: 'STORE_FAILED' });
});

test.each([
  ['ENOSPC', 'STORE_FULL', 'STORE_UNREADABLE'],
  ['EDQUOT', 'STORE_FULL', 'STORE_UNREADABLE'],
  ['EACCES', 'NOT_PERMITTED', 'NOT_PERMITTED'],
  ['EPERM', 'NOT_PERMITTED', 'NOT_PERMITTED'],
  ['EROFS', 'STORE_FAILED', 'STORE_UNREADABLE'],
  ['EIO', 'STORE_FAILED', 'STORE_UNREADABLE'],
])('%s is said as %s when writing and as %s when reading', (code, writing, reading) => {
  const failure = Object.assign(new Error(`${code}: no`), { code, syscall: 'open' });

  expect(writeError('/x', failure)).toMatchObject({ code: writing, cause: failure });
  expect(readError('/x', failure)).toMatchObject({ code: reading, cause: failure });
});

test('what is no failure of the file system is not made one', () => {
  const mistake = new TypeError('x is not a function');

  expect([writeError('/x', mistake), readError('/x', mistake)]).toEqual([mistake, mistake]);
});
