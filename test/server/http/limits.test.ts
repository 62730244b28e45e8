import { setImmediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { Limits } from '../../../src/server/http/limits.ts';
import { systemTimers } from '../../../src/system/clock.ts';
import { errorOf } from '../../support/fake-node.ts';

const settings = { max_requests_per_address: 2, max_requests_per_caller: 3, writes_per_minute: 10 };
const make = (changed: Partial<typeof settings> = {}): Limits =>
  new Limits(() => ({ ...settings, ...changed }), systemTimers);

test('so many requests of an address are under way, whichever address of a /64 it is', async () => {
  const limits = make();
  const end = limits.beginOfAddress('2001:db8::1');
  limits.beginOfAddress('2001:db8::2');

  expect(await errorOf(() => limits.beginOfAddress('2001:db8::3'))).toMatchObject({
    code: 'TOO_MANY_REQUESTS',
    facts: { limit: 'max_requests_per_address', most: 2, seconds: 1 },
  });
  limits.beginOfAddress('2001:db8:0:1::3');
  end();
  limits.beginOfAddress('2001:db8::3');
});

test('so many requests of a caller are under way; those of another caller are not counted', async () => {
  const limits = make();
  for (let n = 0; n < 3; n++) limits.beginOfCaller('project blue');

  expect(await errorOf(() => limits.beginOfCaller('project blue'))).toMatchObject({
    facts: { limit: 'max_requests_per_caller', most: 3 },
  });
  limits.beginOfCaller('project red');
});

test('so many writes of a caller are made in a minute, and the refusal says when the next one may come', async () => {
  const limits = make();
  await limits.countWrites('project blue', 8);
  await limits.countWrites('project blue', 2);
  const error = await errorOf(limits.countWrites('project blue', 1));

  expect(error).toMatchObject({ code: 'TOO_MANY_REQUESTS', facts: { limit: 'writes_per_minute', most: 10 } });
  expect(error.facts['seconds']).toBeGreaterThan(0);
  expect(error.facts['seconds']).toBeLessThanOrEqual(60);
  await limits.countWrites('project red', 10);
});

test('a request with more writes than a minute may have is possible, and takes all of it', async () => {
  const limits = make();
  await limits.countWrites('project blue', 1000);

  expect((await errorOf(limits.countWrites('project blue', 1))).code).toBe('TOO_MANY_REQUESTS');
});

test('-1 is no limit', async () => {
  const limits = make({ max_requests_per_caller: -1, max_requests_per_address: -1, writes_per_minute: -1 });
  for (let n = 0; n < 1000; n++) {
    limits.beginOfCaller('project blue');
    limits.beginOfAddress('192.0.2.7');
    await limits.countWrites('project blue', 1000);
  }
});

test('of many reads of one caller a few run at a time, and a read of another caller does not wait for them', async () => {
  const limits = make();
  let running = 0;
  let most = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const reads = Array.from({ length: 50 }, () =>
    limits.inTurn('project blue', async () => {
      running += 1;
      most = Math.max(most, running);
      await promise;
      running -= 1;
    }),
  );
  await limits.inTurn('project red', async () => undefined);
  resolve();
  await Promise.all(reads);

  expect(most).toBe(2);
});

test('work that ends at once waits for its turn as well, also where it fails, and an address has turns of its own', async () => {
  const waiting: (() => void)[] = [];
  const limits = new Limits(() => settings, { after: (_, work) => (waiting.push(work), () => undefined) });
  let done = 0;
  const work = async (): Promise<void> => {
    done += 1;
    throw new Error('refused');
  };
  const all = Promise.allSettled(Array.from({ length: 10 }, () => limits.inTurn('project blue', work)));
  await setImmediate();
  expect(done).toBe(2);

  await limits.inTurnOfAddress('192.0.2.7', async () => undefined);
  await limits.inTurn('project red', async () => undefined);
  expect(done).toBe(2);

  for (let round = 0; round < 10; round++) {
    for (const next of waiting.splice(0)) next();
    await setImmediate();
  }
  expect((await all).map(({ status }) => status)).toEqual(Array(10).fill('rejected'));
});

test('a request alone does not wait for the turn of an earlier one to end', async () => {
  const limits = new Limits(() => settings, { after: () => () => undefined });
  expect(await limits.inTurn('project blue', async () => 1)).toBe(1);
  expect(await limits.inTurn('project blue', async () => 2)).toBe(2);
});

test('what counts as no write is possible where no write is', async () => {
  const limits = make({ writes_per_minute: 0 });
  await limits.countWrites('project blue', 0);
  expect((await errorOf(limits.countWrites('project blue', 1))).code).toBe('TOO_MANY_REQUESTS');
});
