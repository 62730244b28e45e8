/** The file of the quotas: what is in it, who may write when, and what it survives. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { StateLock } from '../../../../src/store/files/lock.ts';
import { FileQuotaStore } from '../../../../src/store/files/pat/quota-store.ts';
import { exec } from '../../../core/identity/support.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { errorOf } from '../../../support/fake-node.ts';
import { NOW } from '../../../support/samples.ts';

let directory: string;
let state_dir: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'praas-quotas-'));
  state_dir = join(directory, 'lib', 'state');
  path = join(state_dir, 'quotas.json');
});
afterEach(() => rmSync(directory, { recursive: true }));

const clock = new FakeClock(NOW);
function openStore(lockTimeoutSeconds = 60): FileQuotaStore {
  return new FileQuotaStore({ stateDir: state_dir, exec, clock, lockTimeoutSeconds, command: 'praas test' });
}

/** Puts a file there that no praas has written. */
function place(text: string): void {
  mkdirSync(state_dir, { recursive: true });
  writeFileSync(path, text);
}

test('there are none and there is no file until one is set', async () => {
  expect(await openStore().read()).toEqual(new Map());
  expect(existsSync(state_dir)).toBe(false);
});

test('what was set is there for every other store, and so is what was taken away', async () => {
  const [store, other] = [openStore(), openStore()];
  await store.update('blue', () => ({ mappings: 7 }));
  await other.update('red', () => ({ mappings: -1, ports_per_router: 3 }));
  expect(await store.read()).toEqual(
    new Map([
      ['blue', { mappings: 7 }],
      ['red', { mappings: -1, ports_per_router: 3 }],
    ]),
  );

  await other.update('blue', (before) => (before?.mappings === 7 ? undefined : before));
  expect([...(await store.read()).keys()]).toEqual(['red']);
  expect([...(await openStore().read()).keys()]).toEqual(['red']);
});

test('the file and its directory are for their owner alone, with a version, and replaced as a whole', async () => {
  await openStore().update('blue', () => ({ mappings: 7 }));
  const { ino } = statSync(path);
  await openStore().update('blue', () => ({ mappings: 8 }));

  expect([path, `${path}.lock`, state_dir].map((each) => (statSync(each).mode & 0o777).toString(8))).toEqual([
    '600',
    '600',
    '700',
  ]);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
    version: 2,
    quotas: [{ project_id: 'blue', mappings: 8 }],
    crc32: expect.any(String),
  });
  expect(statSync(path).ino).not.toBe(ino);
});

test('8 stores that set 4 quotas each at once lose none', async () => {
  const stores = Array.from({ length: 8 }, () => openStore());
  await Promise.all(
    stores.flatMap((store, index) =>
      [1, 2, 3, 4].map((number) => store.update(`${index}-${number}`, () => ({ mappings: number }))),
    ),
  );

  expect((await openStore().read()).size).toBe(32);
});

test('a change waits for the holder of the lock, bounded, and the error names it; readers do not wait', async () => {
  await openStore().update('blue', () => ({ mappings: 7 }));
  const lock = new StateLock({ path: `${path}.lock`, exec, clock, command: 'praas other', timeoutSeconds: 5 });
  await lock.acquire();
  try {
    const error = await errorOf(openStore(0).update('blue', () => ({ mappings: 8 })));

    expect(error.code).toBe('STORE_LOCKED');
    expect(error.message).toContain('praas other');
    expect((await openStore().read()).get('blue')).toEqual({ mappings: 7 });
  } finally {
    await lock.release();
  }
});

test('what a killed writer left beside it goes with the next change', async () => {
  await openStore().update('blue', () => ({ mappings: 7 }));
  writeFileSync(join(state_dir, '.quotas.json.4711.tmp'), '');
  await openStore().update('blue', () => ({ mappings: 8 }));

  expect(readdirSync(state_dir).toSorted()).toEqual(['quotas.json', 'quotas.json.lock']);
});

describe('a file that no praas wrote', () => {
  test.each([
    ['{', 'it is not JSON'],
    ['[]', 'it must be of type object'],
    ['{"version":1}', 'quotas'],
    ['{"version":1,"quotas":[{"project_id":"a","mappings":-2}]}', 'mappings'],
    ['{"version":1,"quotas":[{"project_id":"a"},{"project_id":"a"}]}', 'quotas must be of different projects'],
    ['{"version":1,"quotas":[{"project_id":"a","colour":1}]}', 'colour'],
  ])('such as %s is refused with the reason, and stays', async (text, reason) => {
    place(text);
    const store = openStore();

    for (const work of [() => store.read(), () => store.update('a', () => undefined)]) {
      const error = await errorOf(work);
      expect(error.code).toBe('QUOTAS_DAMAGED');
      expect(error.facts).toMatchObject({ path, reason: expect.stringContaining(reason) });
    }
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test('but a newer one is refused as such', async () => {
    place('{"version":3,"quotas":{}}');

    expect((await errorOf(openStore().read())).code).toBe('STORE_TOO_NEW');
  });

  test('is read again as soon as a good one is in its place', async () => {
    place('{');
    const store = openStore();
    await errorOf(store.read());
    place('{"version":1,"quotas":[{"project_id":"a","mappings":1}]}');

    expect((await store.read()).get('a')).toEqual({ mappings: 1 });
  });
});
