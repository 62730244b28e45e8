/** Everybody in line gets their turn, nobody twice at a time, and whoever takes long does not hold up the others. */
import { beforeEach, expect, test } from '@jest/globals';
import { WorkQueue } from '../../src/core/work-queue.ts';
import { FakeTimers } from '../support/fake-timers.ts';
import { NOW } from '../support/samples.ts';

let timers: FakeTimers;
let begun: string[];
let doors: Map<string, PromiseWithResolvers<void>>;
let line: WorkQueue;

beforeEach(() => {
  timers = new FakeTimers(NOW);
  begun = [];
  doors = new Map();
  line = new WorkQueue({
    timers,
    concurrency: 2,
    slowAfterMs: 1000,
    work: (router_id, reason) => {
      begun.push(`${router_id} ${reason}`);
      const door = Promise.withResolvers<void>();
      doors.set(router_id, door);
      return door.promise;
    },
  });
});

const finish = async (router_id: string): Promise<void> => {
  doors.get(router_id)?.resolve();
  await timers.pass(0);
};

test('no more than the places are worked on, and the next begins when one is done', async () => {
  for (const id of ['a', 'b', 'c']) line.add(id, 'period', false);
  expect(begun).toEqual(['a period', 'b period']);

  await finish('a');

  expect(begun).toEqual(['a period', 'b period', 'c period']);
});

test('what is urgent goes before what is usual', async () => {
  for (const id of ['a', 'b', 'c', 'd']) line.add(id, 'period', false);
  line.add('d', 'appeared', true);

  await finish('a');

  expect(begun.at(-1)).toBe('d appeared');
});

test('a router is in line once, is not worked on twice at a time, and comes again when it was asked for meanwhile', async () => {
  line.add('a', 'period', false);
  line.add('a', 'addresses', true);
  line.add('a', 'expired', true);
  expect(begun).toEqual(['a period']);

  await finish('a');
  expect(begun).toEqual(['a period', 'a addresses']);
  await finish('a');

  expect(begun).toHaveLength(2);
});

test('routers that take long give their places to the others, and go on', async () => {
  for (const id of ['hung', 'stuck', 'a', 'b']) line.add(id, 'period', false);

  await timers.pass(1000);

  expect(begun).toEqual(['hung period', 'stuck period', 'a period', 'b period']);
  for (const id of ['a', 'b', 'hung', 'stuck']) await finish(id);
  for (const id of ['c', 'd', 'e']) line.add(id, 'period', false);
  expect(begun.slice(4)).toEqual(['c period', 'd period']);
});

test('idle resolves when nobody is in line and nobody is worked on', async () => {
  let isIdle = false;
  for (const id of ['a', 'b', 'c']) line.add(id, 'start', false);
  void line.idle().then(() => {
    isIdle = true;
  });

  await finish('a');
  await finish('b');
  expect(isIdle).toBe(false);
  await finish('c');

  expect(isIdle).toBe(true);
  await line.idle();
});

test('closing waits for those being worked on, and takes nobody any more', async () => {
  for (const id of ['a', 'b', 'c']) line.add(id, 'start', false);
  let isClosed = false;
  const closing = line.close().then(() => {
    isClosed = true;
  });
  line.add('d', 'appeared', true);
  await finish('a');
  expect(isClosed).toBe(false);

  await finish('b');
  await closing;

  expect(begun).toEqual(['a start', 'b start']);
  expect(timers.count).toBe(0);
});
