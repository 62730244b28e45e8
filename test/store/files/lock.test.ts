/** One process writes. The lock lives exactly as long as the process that holds it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { isPraasError } from '../../../src/pat/errors.ts';
import type { FileStore } from '../../../src/store/files/pat/file-store.ts';
import type { Exec } from '../../../src/system/exec.ts';
import { toolMissing } from '../../../src/system/tool-errors.ts';
import { commitEach, exec, freshDirectory, idOf, openStore, ROUTER, Writer } from './pat/support.ts';

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

function open(options: Parameters<typeof openStore>[1] = {}): FileStore {
  const store = openStore(directory.path, options);
  stores.push(store);
  return store;
}

async function holder(): Promise<Writer> {
  const writer = new Writer('hold', directory.path, 0, 0);
  await writer.lines(1);
  expect(writer.said).toEqual(['held']);
  return writer;
}

test('a process that waits for the lock gets it when the holder is killed by SIGKILL', async () => {
  const first = await holder();
  let isIn = false;
  const waiting = open().transaction(ROUTER, async () => {
    isIn = true;
  });
  await sleep(300);
  expect(isIn).toBe(false);

  await first.kill();

  await waiting;
  expect(isIn).toBe(true);
});

test('a lock that is not given up in time is an error that names the holder, and changes nothing', async () => {
  const first = await holder();
  const error = await open({ lockTimeoutSeconds: 0.2 })
    .transaction(ROUTER, (transaction) => transaction.commit({ next_port: 1 }))
    .catch((thrown: unknown) => thrown);
  await first.kill();

  if (!isPraasError(error, 'STORE_LOCKED')) throw error;
  const holderFact = expect.stringContaining(`\`praas hold\` (process ${first.pid}, since 20`);
  expect(error.facts).toEqual({ path: join(directory.path, 'lock'), holder: holderFact, seconds: 0.2 });
  expect((await open().routers()).includes(ROUTER)).toBe(false);
});

test('two stores of one process exclude each other too, and close lets the next in', async () => {
  const [first, second] = [open(), open({ lockTimeoutSeconds: 0 })];
  await commitEach(first, [1]);
  await expect(commitEach(second, [2])).rejects.toMatchObject({ code: 'STORE_LOCKED', facts: { seconds: 0 } });

  await first.close();

  await commitEach(second, [2]);
  expect([...(await first.read(ROUTER)).mappings.keys()]).toEqual([idOf(1), idOf(2)]);
});

test('a store that was closed takes the lock again and sees what others wrote meanwhile', async () => {
  const [first, second] = [open(), open()];
  await commitEach(first, [1]);
  await first.close();
  await commitEach(second, [2]);
  await second.close();

  const seen = await first.transaction(ROUTER, async ({ record }) => [...record.mappings.keys()]);

  expect(seen).toEqual([idOf(1), idOf(2)]);
});

test('close waits for the transactions under way', async () => {
  const store = open();
  const { promise, resolve } = Promise.withResolvers<void>();
  const writing = store.transaction(ROUTER, async (transaction) => {
    await promise;
    await transaction.commit({ next_port: 7 });
  });
  const closing = store.close();
  resolve();

  await closing;
  expect((await open({ lockTimeoutSeconds: 0 }).transaction(ROUTER, async ({ record }) => record)).next_port).toBe(7);
  await writing;
});

test('a program that praas has started does not keep the lock when praas gives it back', async () => {
  const store = open();
  await commitEach(store, [1]);
  const sleeper = exec({ file: 'sleep', args: ['5'] });
  await store.close();

  await commitEach(open({ lockTimeoutSeconds: 0 }), [2]);

  expect((await sleeper).exitCode).toBe(0);
});

const lock = (): string => readFileSync(join(directory.path, 'lock'), 'utf8');

test('the lock file names the holder, and is empty when the lock is released', async () => {
  const store = open({ command: 'praas pat create' });
  await commitEach(store, [1]);
  expect(JSON.parse(lock())).toEqual({
    pid: process.pid,
    command: 'praas pat create',
    since: '2030-01-31T12:00:00.000Z',
  });

  await store.close();
  expect(lock()).toBe('');
});

test('reading takes no lock', async () => {
  const first = open();
  await commitEach(first, [1]);

  expect((await open({ lockTimeoutSeconds: 0 }).read(ROUTER)).mappings.size).toBe(1);
});

test.each<[string, Exec, object]>([
  [
    'is missing',
    () => Promise.reject(toolMissing('flock')),
    { code: 'TOOL_MISSING', facts: { package: 'util-linux' } },
  ],
  [
    'cannot lock this file system',
    async () => ({ exitCode: 71, stdout: '', stderr: 'flock: 3: No locks available\n' }),
    { code: 'STORE_FAILED', facts: { reason: 'flock: 3: No locks available' } },
  ],
])('when flock %s, nothing is written, and a later transaction tries again', async (_, broken, expected) => {
  let isBroken = true;
  const store = open({ exec: (command) => (isBroken ? broken(command) : exec(command)) });
  await expect(commitEach(store, [1])).rejects.toMatchObject(expected);
  expect((await store.routers()).includes(ROUTER)).toBe(false);

  isBroken = false;
  await commitEach(store, [1]);
  expect((await store.routers()).includes(ROUTER)).toBe(true);
});
