/** Mappings expire on time, with one warning each and one timer for all. */
import { beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
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

/** What a walk over all mappings finds, every half minute. */
class Walk {
  readonly #known = new Map<string, 'watched' | 'warned' | 'gone'>();
  mappings: readonly Mapping[] = [];
  readonly calls: string[] = [];

  update(mappings: readonly Mapping[], now: number): void {
    const keys = new Set(mappings.map(keyOf));
    for (const key of this.#known.keys()) if (!keys.has(key)) this.#known.delete(key);
    for (const mapping of mappings)
      if (timeOf(mapping) > now && !this.#known.has(keyOf(mapping))) this.#known.set(keyOf(mapping), 'watched');
    this.mappings = mappings;
    this.look(now);
  }

  look(now: number): void {
    for (const mapping of this.mappings) {
      const [key, number] = [keyOf(mapping), Number(mapping.id.slice(0, 8))];
      const state = this.#known.get(key) ?? 'gone';
      if (state === 'gone') continue;
      if (timeOf(mapping) <= now) {
        this.#known.set(key, 'gone');
        if (mapping.enabled) this.calls.push(`expired ${number}`);
      } else if (mapping.enabled && state === 'watched' && timeOf(mapping) - 5 * MINUTE <= now) {
        this.#known.set(key, 'warned');
        this.calls.push(`soon ${number}`);
      }
    }
  }
}

const keyOf = ({ id, expires_at }: Mapping): string => `${id} ${expires_at}`;
const timeOf = ({ expires_at }: Mapping): number =>
  expires_at === null ? Number.POSITIVE_INFINITY : Date.parse(expires_at);

test('whatever is added, extended, disabled and deleted: the calls are those of a walk over all mappings', async () => {
  const mappingOf = fc
    .record({ number: fc.nat(6), minute: fc.option(fc.nat(19)), enabled: fc.boolean() })
    .map(({ number, minute, enabled }) =>
      expiring(number, minute === null ? null : `00:${String(minute).padStart(2, '0')}:30`, { enabled }),
    );
  const some = fc.uniqueArray(mappingOf, { maxLength: 6, selector: ({ id }) => id });
  const property = fc.asyncProperty(fc.array(fc.tuple(some, fc.nat(6)), { maxLength: 8 }), async (rounds) => {
    const time = new FakeTimers(NOW);
    const found: string[] = [];
    const watched = new ExpiryWatch({
      clock: time.clock,
      timers: time,
      onExpired: (_, mappings) => found.push(...mappings.map(({ id }) => `expired ${Number(id.slice(0, 8))}`)),
      onExpiringSoon: ({ id }) => found.push(`soon ${Number(id.slice(0, 8))}`),
    });
    const walk = new Walk();
    for (const [mappings, minutes] of rounds) {
      watched.update(recordWith(mappings));
      await time.pass(100);
      walk.update(mappings, time.clock.now().getTime());
      for (let half = 0; half < 2 * minutes; half++) {
        await time.pass(MINUTE / 2);
        walk.look(time.clock.now().getTime());
      }
      expect(found.splice(0).toSorted()).toEqual(walk.calls.splice(0).toSorted());
    }
    watched.stop();
    expect(time.count).toBe(0);
  });
  await fc.assert(property, { numRuns: 200 });
});
