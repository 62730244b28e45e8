/** Each queued key is worked on, none twice at a time, and slow work does not block the others. */
import { beforeEach, expect, test } from '@jest/globals';
import { WorkQueue } from '../../src/core/work-queue.ts';
import { FakeTimers } from '../support/fake-timers.ts';
import { NOW } from '../support/samples.ts';

let timers: FakeTimers;
let begun: string[];
let doors: Map<string, PromiseWithResolvers<void>>;
let queue: WorkQueue;

beforeEach(() => {
  timers = new FakeTimers(NOW);
  begun = [];
  doors = new Map();
  queue = new WorkQueue({
    timers,
    concurrency: 2,
    slowAfterMs: 1000,
    work: (key, reason) => {
      begun.push(`${key} ${reason}`);
      const door = Promise.withResolvers<void>();
      doors.set(key, door);
      return door.promise;
    },
  });
});

const finish = async (key: string): Promise<void> => {
  doors.get(key)?.resolve();
  await timers.pass(0);
};

test('no more keys than the concurrency are worked on, and the next one starts when one is done', async () => {
  for (const id of ['a', 'b', 'c']) queue.add(id, 'period', false);
  expect(begun).toEqual(['a period', 'b period']);

  await finish('a');

  expect(begun).toEqual(['a period', 'b period', 'c period']);
});

test('urgent keys are worked on first', async () => {
  for (const id of ['a', 'b', 'c', 'd']) queue.add(id, 'period', false);
  queue.add('d', 'appeared', true);

  await finish('a');

  expect(begun.at(-1)).toBe('d appeared');
});

test('a key is queued once, is not worked on twice at a time, and is worked on again when it was added meanwhile', async () => {
  queue.add('a', 'period', false);
  queue.add('a', 'addresses', true);
  queue.add('a', 'expired', true);
  expect(begun).toEqual(['a period']);

  await finish('a');
  expect(begun).toEqual(['a period', 'a addresses']);
  await finish('a');

  expect(begun).toHaveLength(2);
});

test('slow work stops counting towards the concurrency, and continues', async () => {
  for (const id of ['hung', 'stuck', 'a', 'b']) queue.add(id, 'period', false);

  await timers.pass(1000);

  expect(begun).toEqual(['hung period', 'stuck period', 'a period', 'b period']);
  for (const id of ['a', 'b', 'hung', 'stuck']) await finish(id);
  for (const id of ['c', 'd', 'e']) queue.add(id, 'period', false);
  expect(begun.slice(4)).toEqual(['c period', 'd period']);
});

test('idle resolves when no key is queued and no work is running', async () => {
  let isIdle = false;
  for (const id of ['a', 'b', 'c']) queue.add(id, 'start', false);
  void queue.idle().then(() => {
    isIdle = true;
  });

  await finish('a');
  await finish('b');
  expect(isIdle).toBe(false);
  await finish('c');

  expect(isIdle).toBe(true);
  await queue.idle();
});

test('close waits for the running work, and accepts no more keys', async () => {
  for (const id of ['a', 'b', 'c']) queue.add(id, 'start', false);
  let isClosed = false;
  const closing = queue.close().then(() => {
    isClosed = true;
  });
  queue.add('d', 'appeared', true);
  await finish('a');
  expect(isClosed).toBe(false);

  await finish('b');
  await closing;

  expect(begun).toEqual(['a start', 'b start']);
  expect(timers.count).toBe(0);
});
