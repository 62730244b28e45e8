/**
 * Ten thousand flipped bits and cut files, over every file of the state: what is read is the same, or refused and said, or older and
 * said. Never another record without a word.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { isPraasError } from '../../../../src/pat/errors.ts';
import { readMarks } from '../../../../src/store/files/pat/change-marks.ts';
import { routerFiles } from '../../../../src/store/files/pat/layout.ts';
import { MIGRATIONS } from '../../../../src/store/files/pat/migrations.ts';
import { FileOrphanStore } from '../../../../src/store/files/pat/orphan-store.ts';
import { FileQuotaStore } from '../../../../src/store/files/pat/quota-store.ts';
import { RouterWriter } from '../../../../src/store/files/pat/router-writer.ts';
import { Reserve } from '../../../../src/store/files/reserve.ts';
import { FileTokenStore } from '../../../../src/store/files/token-store.ts';
import { ListLog } from '../../../support/fake-node.ts';
import { fatMapping, idOf } from './fixtures/mappings.ts';
import { commitEach, comparable, exec, NOW, openStore, ROUTER } from './support.ts';

const SEED = 20_300_131;
const clock = { now: () => NOW };
/** Files in memory: the test is of what is read, and not of a disk. */
const PARENT = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

let directory: string;
/** The content of every file, by its path. */
let pristine: ReadonlyMap<string, Buffer>;
let random: () => number;

/** mulberry32: the same numbers in each run. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const orphans = (): FileOrphanStore => new FileOrphanStore({ stateDir: directory, ...options });
const options = { exec, clock, command: 'praas test', lockTimeoutSeconds: 30 };

/** A snapshot of two mappings, and two more changes, one of them a removal; two tokens; two quotas. */
beforeAll(async () => {
  directory = mkdtempSync(join(PARENT, 'praas-flips-'));
  random = randomFrom(SEED);
  const store = openStore(directory);
  // The journal is folded at the end of a transaction, so the snapshot has the short ones.
  await store.transaction(ROUTER, async (transaction) => {
    await transaction.commit({ put: [fatMapping(1, ROUTER, 70_000)] });
    await transaction.commit({ put: [fatMapping(1, ROUTER, 0), fatMapping(2, ROUTER, 0)] });
  });
  await commitEach(store, [3]);
  await store.transaction(ROUTER, (transaction) => transaction.commit({ remove: [idOf(1)] }));
  await store.close();
  const tokens = new FileTokenStore({ path: join(directory, 'tokens.json'), ...options });
  const token = { role: 'admin' as const, project_id: null, created_at: '2030-01-31T12:00:00Z', expires_at: null };
  await tokens.update(() => ({
    tokens: [1, 2].map((n) => ({ id: idOf(n), name: `t${n}`, ...token, hash: String(n).repeat(64) })),
    value: undefined,
  }));
  const quotas = new FileQuotaStore({ stateDir: directory, ...options });
  await orphans().update(() => [4, 5].map((n) => ({ mapping_id: idOf(n), router_id: ROUTER })));
  for (const project of ['blue', 'red']) await quotas.update(project, () => ({ mappings: 7 }));
  const paths = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/lock$|^reserve$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  pristine = new Map(paths.map((path) => [path, readFileSync(path)]));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** What a process that starts sees of one file's store; `said` is what it throws or logs. */
interface Seen {
  readonly value?: unknown;
  readonly said: readonly string[];
}

async function seen(read: (log: ListLog) => Promise<unknown>): Promise<Seen> {
  const log = new ListLog();
  try {
    const value = await read(log);
    return { value, said: log.lines.map(({ message }) => message) };
  } catch (error) {
    if (!isPraasError(error)) throw error;
    return { said: [error.code] };
  }
}

const readRecord = (log: ListLog): Promise<unknown> =>
  readMarks(directory)
    .catch((error: Error) => {
      log.warn(error.message);
      return new Map<string, number>();
    })
    .then((marks) => {
      const files = routerFiles(directory, ROUTER);
      const mark = (): number | undefined => marks.get(ROUTER);
      const writer = new RouterWriter({
        files,
        migrations: MIGRATIONS,
        clock,
        log,
        mark,
        reserve: new Reserve(join(directory, 'reserve')),
      });
      return writer.transaction(
        async () => undefined,
        async ({ record }) => comparable(record),
      );
    });

const READERS: readonly [string, number, (log: ListLog) => Promise<unknown>][] = [
  [`routers/${ROUTER}.journal`, 3000, readRecord],
  [`routers/${ROUTER}.json`, 3000, readRecord],
  ['last-changes.json', 1000, readRecord],
  ['tokens.json', 1500, () => new FileTokenStore({ path: join(directory, 'tokens.json'), ...options }).read()],
  ['quotas.json', 1500, async () => [...(await new FileQuotaStore({ stateDir: directory, ...options }).read())]],
  ['orphaned-rules.json', 1000, () => orphans().read()],
];

/** Every second time one bit is flipped, else the file is cut; every tenth cut is at the end of a line. */
function damagedCopy(content: Buffer, number: number): Buffer {
  const at = Math.floor(random() * content.length);
  if (number % 2 === 0) {
    const copy = Buffer.from(content);
    copy.writeUInt8(copy.readUInt8(at) ^ (1 << Math.floor(random() * 8)), at);
    return copy;
  }
  return content.subarray(0, number % 20 === 1 ? content.lastIndexOf(10, at) + 1 : at);
}

test('the files of the state are all tried', () => {
  expect(new Set(pristine.keys())).toEqual(new Set(READERS.map(([name]) => join(directory, name))));
});

test.each(READERS)('%s without its checksums is refused', async (name, _, read) => {
  const path = join(directory, name);
  const text = pristine.get(path)?.toString() ?? '';
  const bare = text.replaceAll(/,\s*"crc32":\s*"[0-9a-f]{8}"/g, '');
  writeFileSync(path, bare);

  expect(bare).not.toBe(text);
  expect((await seen(read)).said).not.toEqual([]);
  restore();
});

test.each(READERS)('%s, damaged %d times', async (name, times, read) => {
  const path = join(directory, name);
  const content = pristine.get(path) ?? Buffer.of();
  const before = await seen(read);
  expect(before).toEqual({ value: expect.anything(), said: [] });
  const isSame = JSON.stringify(before.value);
  const silent: number[] = [];
  let refused = 0;
  for (let number = 0; number < times; number++) {
    writeFileSync(path, damagedCopy(content, number));
    const { value, said } = await seen(read);
    if (said.length === 0 && JSON.stringify(value) !== isSame) silent.push(number);
    if (said.length === 0) continue;
    refused++;
    restore();
  }
  restore();

  expect(silent).toEqual([]);
  expect(refused).toBeGreaterThan(times / 2);
});

/** Puts every file back, without those that were set aside. */
function restore(): void {
  const routers = join(directory, 'routers');
  for (const name of readdirSync(routers)) if (name.includes('.damaged-')) rmSync(join(routers, name));
  for (const [path, content] of pristine) writeFileSync(path, content);
}
