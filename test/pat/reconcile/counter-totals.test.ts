/** Totals survive new rules, and have the time of the last hit. */
import { expect, test } from '@jest/globals';
import type { ObservedForward } from '../../../src/pat/plan/changes.ts';
import { CounterTotals } from '../../../src/pat/reconcile/counter-totals.ts';
import { FORWARD, idOf, ROUTER } from '../../support/samples.ts';

const at = (second: number): Date => new Date(`2030-01-01T00:00:0${second}Z`);
const reading = (packets: number): ObservedForward[] => [
  { mapping_id: idOf(1), forward: FORWARD, handle: '', counters: { packets, bytes: packets * 60 } },
];

test('the first reading counts, without a time', () => {
  const totals = new CounterTotals();
  expect(totals.of(ROUTER, idOf(1))).toBeUndefined();

  totals.record(ROUTER, reading(3), at(0));

  expect(totals.of(ROUTER, idOf(1))).toEqual({ packets: 3, bytes: 180, last_hit_at: null });
});

test('a larger reading sets the time of the last hit, an equal one keeps it', () => {
  const totals = new CounterTotals();
  totals.record(ROUTER, reading(3), at(0));
  totals.record(ROUTER, reading(5), at(1));
  totals.record(ROUTER, reading(5), at(2));

  expect(totals.of(ROUTER, idOf(1))).toEqual({ packets: 5, bytes: 300, last_hit_at: '2030-01-01T00:00:01Z' });
});

test('totals continue when new rules count from zero', () => {
  const totals = new CounterTotals();
  totals.record(ROUTER, reading(5), at(0));
  totals.record(ROUTER, reading(0), at(1));
  expect(totals.of(ROUTER, idOf(1))).toMatchObject({ packets: 5, last_hit_at: null });

  totals.record(ROUTER, reading(2), at(2));

  expect(totals.of(ROUTER, idOf(1))).toEqual({ packets: 7, bytes: 420, last_hit_at: '2030-01-01T00:00:02Z' });
});

test('a mapping without rules is dropped, on its router only', () => {
  const totals = new CounterTotals();
  totals.record(ROUTER, reading(5), at(0));
  totals.record('west', reading(1), at(0));

  totals.record(ROUTER, [], at(1));

  expect(totals.of(ROUTER, idOf(1))).toBeUndefined();
  expect(totals.of('west', idOf(1))?.packets).toBe(1);
});
