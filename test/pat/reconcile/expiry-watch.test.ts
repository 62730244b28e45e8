/** Mappings end on time, each is warned of once, and one timer is enough for all. */
import { beforeEach, expect, test } from '@jest/globals';
import type { Mapping } from '../../../src/pat/mapping/mapping.ts';
import { ExpiryWatch } from '../../../src/pat/reconcile/expiry-watch.ts';
import { FakeTimers } from '../../support/fake-timers.ts';
import { idOf, MAPPING, NOW, ROUTER, recordWith } from '../../support/samples.ts';

const MINUTE = 60_000;

let timers: FakeTimers;
let said: string[];
let watch: ExpiryWatch;

beforeEach(() => {
  timers = new FakeTimers(NOW);
  said = [];
  const say = (what: string, { id }: Mapping): void => {
    said.push(`${timers.clock.now().toISOString().slice(11, 19)} ${what} ${Number(id.slice(0, 8))}`);
  };
  watch = new ExpiryWatch({
    clock: timers.clock,
    timers,
    onExpired: (router_id, mappings) => {
      expect(router_id).toBe(ROUTER);
      for (const mapping of mappings) say('expired', mapping);
    },
    onSoon: (mapping) => say('soon', mapping),
  });
});

const ending = (number: number, time: string | null, changes: Partial<Mapping> = {}): Mapping => ({
  ...MAPPING,
  id: idOf(number),
  expires_at: time && `2030-01-01T${time}Z`,
  ...changes,
});

test('each mapping is warned of five minutes before and ends in its second', async () => {
  watch.update(recordWith([ending(1, '00:10:00'), ending(2, '00:20:00'), ending(3, null)]));

  await timers.pass(30 * MINUTE);

  expect(said).toEqual(['00:05:00 soon 1', '00:10:00 expired 1', '00:15:00 soon 2', '00:20:00 expired 2']);
  expect(timers.count).toBe(0);
});

test('what ends in less than five minutes is warned of at once', async () => {
  watch.update(recordWith([ending(1, '00:01:00')]));

  await timers.pass(2 * MINUTE);

  expect(said).toEqual(['00:00:00 soon 1', '00:01:00 expired 1']);
});

test('a mapping that was given more time, taken away or disabled does not end at its old time', async () => {
  watch.update(recordWith([ending(1, '00:10:00'), ending(2, '00:10:00'), ending(3, '00:10:00')]));
  await timers.pass(6 * MINUTE);
  said = [];
  watch.update(recordWith([ending(1, '00:20:00'), ending(3, '00:10:00', { enabled: false })]));

  await timers.pass(30 * MINUTE);

  expect(said).toEqual(['00:15:00 soon 1', '00:20:00 expired 1']);
});

test('being told again of the same mapping warns once', async () => {
  for (let minute = 0; minute < 10; minute++) {
    watch.update(recordWith([ending(1, '00:08:00')]));
    await timers.pass(MINUTE);
  }

  // At 00:08:00 it was told once more, before the timer rang: the end must not be lost.
  expect(said).toEqual(['00:03:00 soon 1', '00:08:00 expired 1']);
});

test('an end that is further away than a timer can wait comes on time', async () => {
  watch.update(recordWith([ending(1, null, { expires_at: '2030-03-01T00:00:00Z' })]));

  await timers.pass(59 * 24 * 60 * MINUTE + 1000);

  expect(said).toEqual(['23:55:00 soon 1', '00:00:00 expired 1']);
});

test('after stop nothing is said and no timer is left', async () => {
  watch.update(recordWith([ending(1, '00:10:00')]));
  watch.stop();

  await timers.pass(30 * MINUTE);

  expect(said).toEqual([]);
  expect(timers.count).toBe(0);
});
