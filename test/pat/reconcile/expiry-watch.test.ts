/** Mappings expire on time, with one warning each and one timer for all. */
import { beforeEach, expect, test } from '@jest/globals';
import type { Mapping } from '../../../src/pat/mapping/mapping.ts';
import { ExpiryWatch } from '../../../src/pat/reconcile/expiry-watch.ts';
import { FakeTimers } from '../../support/fake-timers.ts';
import { idOf, MAPPING, NOW, ROUTER, recordWith } from '../../support/samples.ts';

const MINUTE = 60_000;

let timers: FakeTimers;
let calls: string[];
let watch: ExpiryWatch;

beforeEach(() => {
  timers = new FakeTimers(NOW);
  calls = [];
  const note = (what: string, { id }: Mapping): void => {
    calls.push(`${timers.clock.now().toISOString().slice(11, 19)} ${what} ${Number(id.slice(0, 8))}`);
  };
  watch = new ExpiryWatch({
    clock: timers.clock,
    timers,
    onExpired: (routerId, mappings) => {
      expect(routerId).toBe(ROUTER);
      for (const mapping of mappings) note('expired', mapping);
    },
    onExpiringSoon: (mapping) => note('soon', mapping),
  });
});

const expiring = (number: number, time: string | null, changes: Partial<Mapping> = {}): Mapping => ({
  ...MAPPING,
  id: idOf(number),
  expires_at: time && `2030-01-01T${time}Z`,
  ...changes,
});

test('each mapping is warned of five minutes before, and expires in its second', async () => {
  watch.update(recordWith([expiring(1, '00:10:00'), expiring(2, '00:20:00'), expiring(3, null)]));

  await timers.pass(30 * MINUTE);

  expect(calls).toEqual(['00:05:00 soon 1', '00:10:00 expired 1', '00:15:00 soon 2', '00:20:00 expired 2']);
  expect(timers.count).toBe(0);
});

test('a mapping that expires in less than five minutes is warned of at once', async () => {
  watch.update(recordWith([expiring(1, '00:01:00')]));

  await timers.pass(2 * MINUTE);

  expect(calls).toEqual(['00:00:00 soon 1', '00:01:00 expired 1']);
});

test('a mapping that was extended, deleted or disabled does not expire at its old time', async () => {
  watch.update(recordWith([expiring(1, '00:10:00'), expiring(2, '00:10:00'), expiring(3, '00:10:00')]));
  await timers.pass(6 * MINUTE);
  calls = [];
  watch.update(recordWith([expiring(1, '00:20:00'), expiring(3, '00:10:00', { enabled: false })]));

  await timers.pass(30 * MINUTE);

  expect(calls).toEqual(['00:15:00 soon 1', '00:20:00 expired 1']);
});

test('repeated updates of a mapping give one warning', async () => {
  for (let minute = 0; minute < 10; minute++) {
    watch.update(recordWith([expiring(1, '00:08:00')]));
    await timers.pass(MINUTE);
  }

  // The update at 00:08:00 comes before the timer fires: the expiry must not be lost.
  expect(calls).toEqual(['00:03:00 soon 1', '00:08:00 expired 1']);
});

test('an expiry that is later than the longest timer comes on time', async () => {
  watch.update(recordWith([expiring(1, null, { expires_at: '2030-03-01T00:00:00Z' })]));

  await timers.pass(59 * 24 * 60 * MINUTE + 1000);

  expect(calls).toEqual(['23:55:00 soon 1', '00:00:00 expired 1']);
});

test('after stop there is no call and no timer', async () => {
  watch.update(recordWith([expiring(1, '00:10:00')]));
  watch.stop();

  await timers.pass(30 * MINUTE);

  expect(calls).toEqual([]);
  expect(timers.count).toBe(0);
});
