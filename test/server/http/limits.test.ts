import { setImmediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { SteadyClock } from '../../../src/core/clock.ts';
import type { Timers } from '../../../src/core/timers.ts';
import { Limits } from '../../../src/server/http/limits.ts';
import { systemClock, systemTimers } from '../../../src/system/clock.ts';
import { errorOf } from '../../support/fake-node.ts';

const settings = { max_requests_per_address: 2, max_requests_per_caller: 3, writes_per_minute: 10 };
/** Time that passes with each turn. */
const longTurns = (): SteadyClock => {
  let now = 0;
  return { elapsedMs: () => (now += 10) };
};
const make = (changed: Partial<typeof settings> = {}): Limits =>
  new Limits(() => ({ ...settings, ...changed }), systemTimers, systemClock);

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
  const limits = new Limits(() => settings, { after: (_, work) => (waiting.push(work), () => undefined) }, longTurns());
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
  const limits = new Limits(() => settings, { after: () => () => undefined }, longTurns());
  expect(await limits.inTurn('project blue', async () => 1)).toBe(1);
  expect(await limits.inTurn('project blue', async () => 2)).toBe(2);
});

/** Limits whose waits end at once, and how long each of them was to be. */
function quick(changed: Partial<typeof settings> = {}, clock = longTurns()): { limits: Limits; waits: number[] } {
  const waits: number[] = [];
  const after: Timers['after'] = (milliseconds, work) => {
    waits.push(milliseconds);
    void setImmediate().then(work);
    return () => undefined;
  };
  const all = { ...settings, max_requests_per_caller: 64, ...changed };
  return { limits: new Limits(() => all, { after }, clock), waits };
}

async function sixtyFour(limits: Limits): Promise<void> {
  const one = async (): Promise<void> => {
    const end = limits.beginOfCaller('project blue');
    await limits.inTurn('project blue', async () => undefined);
    end();
  };
  await Promise.all(Array.from({ length: 64 }, one));
}

/** Those for other callers: not the look at what has arrived, nor how long a caller lingers, which delays nothing. */
const pausesIn = (waits: readonly number[]): number => waits.filter((ms) => ms > 0 && ms < 100).length;

test('no pause is made between requests of one caller that is alone', async () => {
  const { limits, waits } = quick();
  await sixtyFour(limits);

  expect(waits.length).toBeGreaterThan(0);
  expect(pausesIn(waits)).toBe(0);
});

test('nor are others looked for after each of them, while they take no time', async () => {
  const { limits, waits } = quick({}, { elapsedMs: () => 0 });
  await sixtyFour(limits);
  expect(waits.filter((ms) => ms < 100)).toEqual([]);

  const leave = limits.attend('root');
  await sixtyFour(limits);
  expect(pausesIn(waits)).toBe(62);
  leave();
});

test('nor for the authentication of its own requests', async () => {
  const { limits, waits } = quick();
  const end = limits.beginOfUnknown('192.0.2.7');
  await sixtyFour(limits);
  end();

  expect(pausesIn(waits)).toBe(0);
});

test.each<[string, (limits: Limits) => () => void]>([
  ['another caller', (limits) => limits.beginOfCaller('project red')],
  ['an address', (limits) => limits.beginOfAddress('192.0.2.7')],
  ['root', (limits) => limits.attend('root')],
])('a pause is made while %s is there, and none after that', async (_, come) => {
  const { limits, waits } = quick();
  const leave = come(limits);
  await sixtyFour(limits);
  // Of 64 in two places, the last ones have nobody who waits for them.
  expect(pausesIn(waits)).toBe(62);

  leave();
  for (let n = 0; n < 5; n++) await setImmediate();
  waits.splice(0);
  await sixtyFour(limits);
  expect(pausesIn(waits)).toBe(0);
});

test.each([
  [1, 40],
  [50, 150],
  [10_000, 400],
])('a pause is longer where a turn took longer, within limits: %i ms', async (turnMs, pauseMs) => {
  const clock = { ms: 0, elapsedMs: () => clock.ms };
  const { limits, waits } = quick({}, clock);
  const leave = limits.attend('root');
  const work = async (): Promise<void> => void (clock.ms += turnMs);
  await limits.inTurn('project blue', work).then(() => waits.splice(0));
  const one = limits.inTurn('project blue', work);
  await Promise.all([one, ...Array.from({ length: 20 }, () => limits.inTurn('project blue', async () => undefined))]);

  expect(Math.max(...waits.filter((ms) => ms > 0))).toBe(pauseMs);
  leave();
});

test('a caller without a limit of requests has no turns, and neither has such an address', async () => {
  const { limits, waits } = quick({ max_requests_per_caller: -1, max_requests_per_address: -1 });
  const leave = limits.attend('root');
  let running = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const work = async (): Promise<void> => {
    running += 1;
    await promise;
  };
  const all = Array.from({ length: 20 }, (_, n) =>
    n % 2 === 0 ? limits.inTurn('project blue', work) : limits.inTurnOfAddress('192.0.2.7', work),
  );
  expect(running).toBe(20);
  resolve();
  await Promise.all(all);
  expect(waits).toEqual([]);
  leave();
});

test('what counts as no write is possible where no write is', async () => {
  const limits = make({ writes_per_minute: 0 });
  await limits.countWrites('project blue', 0);
  expect((await errorOf(limits.countWrites('project blue', 1))).code).toBe('TOO_MANY_REQUESTS');
});
