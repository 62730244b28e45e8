/** A disk that is really full: a small tmpfs. Mounting needs root: skipped without it, but not in CI. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Delta } from '../../../../src/pat/mapping/record.ts';
import { EventLog } from '../../../../src/store/files/pat/event-log.ts';
import type { FileStore } from '../../../../src/store/files/pat/file-store.ts';
import { ListLog } from '../../../support/fake-node.ts';
import {
  commitEach,
  comparable,
  freshDirectory,
  idOf,
  journalPath,
  mapping,
  NOW,
  openStore,
  ROUTER,
  snapshotPath,
} from './support.ts';

const isRoot = process.getuid?.() === 0;
const KIB = 1024;

let directory: ReturnType<typeof freshDirectory>;
let store: FileStore;
let journal: string;

const mount = (...args: string[]): unknown => execFileSync('mount', [...args, directory.path], { stdio: 'pipe' });
const reserve = (): string => join(directory.path, 'reserve');
const filler = (): string => join(directory.path, 'filler');
const freeSpace = (): void => rmSync(filler());

const openFiles = (): number => readdirSync('/proc/self/fd').length;

/** Writes until not one more byte fits. */
function fill(): void {
  for (let bytes = 4 * KIB; bytes >= 1; ) {
    try {
      appendFileSync(filler(), Buffer.alloc(bytes));
    } catch {
      bytes /= 2;
    }
  }
}

test('the tests of a full disk run in CI', () => {
  expect(isRoot || !process.env['CI']).toBe(true);
});

(isRoot ? describe : describe.skip)('on a disk of 256 KiB', () => {
  beforeEach(() => {
    directory = freshDirectory();
    mount('-t', 'tmpfs', '-o', 'size=256k', 'praas-test');
    store = openStore(directory.path);
    journal = journalPath(directory.path);
  });

  afterEach(async () => {
    await store.close();
    execFileSync('umount', [directory.path]);
    directory.remove();
  });

  const big = mapping(2, { status_reason: '.'.repeat(20 * KIB) });
  const full = { code: 'STORE_FULL', facts: { path: expect.any(String) } };

  test('a commit that does not fit is refused, changes nothing on disk or in memory, and works once there is room', async () => {
    await commitEach(store, [1]);
    const before = readFileSync(journal);
    fill();

    await store.transaction(ROUTER, async (transaction) => {
      const record = comparable(transaction.record);
      await expect(transaction.commit({ put: [big], next_port: 4001 })).rejects.toMatchObject(full);
      expect(comparable(transaction.record)).toEqual(record);
      expect(readFileSync(journal)).toEqual(before);
      expect(comparable(await openStore(directory.path).read(ROUTER))).toEqual(record);

      freeSpace();
      await transaction.commit({ put: [big] });
    });

    expect([...(await openStore(directory.path).read(ROUTER)).mappings.keys()]).toEqual([idOf(1), idOf(2)]);
  });

  test('a commit of which only a part fits leaves no part of itself', async () => {
    await commitEach(store, [1]);
    const before = readFileSync(journal);
    fill();
    // The journal's last page has room for the beginning of the line.
    expect(before.length % (4 * KIB)).toBeGreaterThan(0);
    const longer = mapping(2, { status_reason: '.'.repeat(5 * KIB) });

    await expect(
      store.transaction(ROUTER, (transaction) => transaction.commit({ put: [longer] })),
    ).rejects.toMatchObject(full);
    expect(readFileSync(journal)).toEqual(before);
  });

  test('a first commit that does not fit leaves no record', async () => {
    await store.transaction('other', (transaction) => transaction.commit({ next_port: 1 }));
    fill();

    await expect(store.transaction(ROUTER, (transaction) => transaction.commit({ put: [big] }))).rejects.toMatchObject(
      full,
    );
    expect(existsSync(journal)).toBe(false);
    expect((await store.routers()).includes(ROUTER)).toBe(false);
  });

  test('a rollback needs no room', async () => {
    await commitEach(store, [1]);
    const before = readFileSync(journal);

    await store.transaction(ROUTER, async (transaction) => {
      await transaction.commit({ put: [big], remove: [idOf(1)] });
      fill();
      await transaction.rollback();
      expect([...transaction.record.mappings.keys()]).toEqual([idOf(1)]);
    });

    expect(readFileSync(journal)).toEqual(before);
    expect([...(await openStore(directory.path).read(ROUTER)).mappings.keys()]).toEqual([idOf(1)]);
  });

  test('a write that does not fit is refused as a commit is', async () => {
    fill();
    await expect(store.transaction(ROUTER, (transaction) => transaction.stage({ put: [big] }))).rejects.toMatchObject(
      full,
    );
    expect((await store.routers()).includes(ROUTER)).toBe(false);
  });

  test('a journal that cannot be folded for lack of room goes on growing, and is folded when there is room', async () => {
    await store.transaction(ROUTER, async (transaction) => {
      for (const n of [1, 2, 3, 4])
        await transaction.commit({ put: [mapping(n, { status_reason: big.status_reason })] });
      fill();
    });
    expect(existsSync(snapshotPath(directory.path))).toBe(false);
    expect(readdirSync(join(directory.path, 'routers'))).toEqual(['r1.journal']);
    expect((await openStore(directory.path).read(ROUTER)).mappings.size).toBe(4);

    freeSpace();
    await commitEach(store, [5]);

    expect(statSync(journal).size).toBeLessThan(100);
    expect(existsSync(snapshotPath(directory.path))).toBe(true);
    expect((await openStore(directory.path).read(ROUTER)).mappings.size).toBe(5);
  });

  test('the lock is taken on a full disk, because what frees ports must work', async () => {
    await commitEach(store, [1]);
    await store.close();
    fill();

    await store.transaction(ROUTER, async (transaction) => {
      await transaction.commit({ remove: [idOf(1)] });
    });

    expect((await openStore(directory.path).read(ROUTER)).mappings.size).toBe(0);
  });

  test('a read-only disk can be read and refuses to be written with its own reason', async () => {
    await commitEach(store, [1]);
    await store.close();
    mount('-o', 'remount,ro');

    expect((await store.read(ROUTER)).mappings.size).toBe(1);
    await expect(store.checkWritable()).rejects.toMatchObject({ code: 'STORE_FAILED' });
    const refused = store.transaction(ROUTER, async () => undefined);
    await expect(refused).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('read-only'),
    });
  });

  test('events that do not fit use up no share of their project', async () => {
    const log = new ListLog();
    const limits = () => ({ maxBytes: 1024 * KIB, maxBytesPerProject: 64 * KIB });
    const eventLog = new EventLog({
      stateDir: directory.path,
      clock: { now: () => NOW },
      log,
      retainDays: () => 1,
      limits,
    });
    const owned = mapping(1, { project_id: 'demo' });
    const subject = {
      mapping_id: owned.id,
      router_id: ROUTER,
      project_id: 'demo',
      by: { kind: 'tenant' as const, name: 'alice' },
    };
    const event = { type: 'updated', ...subject, reason: '', reason_code: null, before: {}, mapping: owned } as const;
    const types = async (): Promise<string[]> =>
      (await eventLog.list({ project_id: 'demo', limit: 1000 })).map(({ type }) => type);
    await eventLog.append([event]);
    fill();
    await eventLog.append([event]);
    const opened = openFiles();
    for (let n = 0; n < 100; n++) await eventLog.append([event]);
    expect(openFiles()).toBeLessThan(opened + 10);
    const before = await types();
    expect(log.lines.map(({ message }) => message)).toContain('event log append failed');
    expect(log.lines.map(({ message }) => message)).not.toContain('event log share used up');

    freeSpace();
    await eventLog.append([event]);

    expect(await types()).toEqual([...before, 'updated']);
    expect(new Set(before)).toEqual(new Set(['updated']));
    expect(eventLog.degradedReason).toBeUndefined();
    await eventLog.close();
  });

  const disabled = mapping(1, { enabled: false });
  const change = (delta: Delta): Promise<void> => store.transaction(ROUTER, (transaction) => transaction.commit(delta));

  test('on a full disk mappings are deleted, disabled and get their status, by a reserve; nothing new is stored until there is room', async () => {
    await commitEach(store, [1, 2, 3]);
    await store.checkWritable();
    expect(statSync(reserve()).size).toBe(16 * KIB);
    fill();
    // The last page of the journal has room for some more.
    const grow = (port: number): Promise<boolean> =>
      change({ next_port: port }).then(
        () => true,
        () => false,
      );
    for (let port = 5000; port < 5200 && (await grow(port)); port++);

    await expect(store.checkWritable()).rejects.toMatchObject({ code: 'STORE_FULL' });
    await expect(change({ put: [mapping(4)] })).rejects.toMatchObject(full);
    await change({ put: [disabled] });
    await change({ put: [{ ...disabled, status: 'DOWN', status_code: 'DISABLED', status_reason: 'disabled' }] });
    await change({ remove: [idOf(2)] });

    expect(statSync(reserve()).size).toBeLessThan(16 * KIB);
    await expect(store.checkWritable()).rejects.toMatchObject({ code: 'STORE_FULL' });
    for (const delta of [{ put: [mapping(4)] }, { put: [mapping(3, { name: 'other' })] }, { put: [mapping(1)] }])
      await expect(change(delta)).rejects.toMatchObject(full);
    const { mappings } = await openStore(directory.path).read(ROUTER);
    expect([...mappings.values()].map(({ id, enabled }) => [id, enabled])).toEqual([
      [idOf(1), false],
      [idOf(3), true],
    ]);

    freeSpace();
    await store.checkWritable();
    await change({ put: [mapping(4)] });
    expect(statSync(reserve()).size).toBe(16 * KIB);
  });

  test('the reserve is there again after a restart, and a daemon that starts on a full disk can delete', async () => {
    await commitEach(store, [1, 2]);
    await store.close();
    fill();
    const log = new ListLog();
    store = openStore(directory.path, { log });

    await change({ remove: [idOf(1)] });
    await change({ remove: [idOf(2)] });
    expect(log.lines).toEqual([]);
    await expect(change({ put: [big] })).rejects.toMatchObject(full);
  });

  test('a disk that had no room for a reserve says so at the start', async () => {
    fill();
    const log = new ListLog();
    store = openStore(directory.path, { log });

    await expect(change({ put: [mapping(1)] })).rejects.toMatchObject({ code: expect.stringMatching(/^STORE_FULL$/) });
    expect(await store.checkWritable().catch((error: unknown) => error)).toMatchObject({ code: 'STORE_FULL' });
  });
});
