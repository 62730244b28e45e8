/** Counters go on when rules are made anew, and say when somebody last came. */
import { expect, test } from '@jest/globals';
import type { ObservedForward } from '../../../src/pat/plan/changes.ts';
import { CounterTotals } from '../../../src/pat/reconcile/counter-totals.ts';
import { FORWARD, idOf, ROUTER } from '../../support/samples.ts';

const at = (second: number): Date => new Date(`2030-01-01T00:00:0${second}Z`);
const seen = (packets: number): ObservedForward[] => [
  { mapping_id: idOf(1), forward: FORWARD, handle: '', counters: { packets, bytes: packets * 60 } },
];

test('what was counted before anybody looked counts, and nobody knows when it was', () => {
  const book = new CounterTotals();
  expect(book.of(ROUTER, idOf(1))).toBeUndefined();

  book.record(ROUTER, seen(3), at(0));

  expect(book.of(ROUTER, idOf(1))).toEqual({ packets: 3, bytes: 180, last_hit_at: null });
});

test('a look that finds more says when somebody came; one that does not, keeps that time', () => {
  const book = new CounterTotals();
  book.record(ROUTER, seen(3), at(0));
  book.record(ROUTER, seen(5), at(1));
  book.record(ROUTER, seen(5), at(2));

  expect(book.of(ROUTER, idOf(1))).toEqual({ packets: 5, bytes: 300, last_hit_at: '2030-01-01T00:00:01Z' });
});

test('rules that were made anew count from zero, the mapping goes on', () => {
  const book = new CounterTotals();
  book.record(ROUTER, seen(5), at(0));
  book.record(ROUTER, seen(0), at(1));
  expect(book.of(ROUTER, idOf(1))).toMatchObject({ packets: 5, last_hit_at: null });

  book.record(ROUTER, seen(2), at(2));

  expect(book.of(ROUTER, idOf(1))).toEqual({ packets: 7, bytes: 420, last_hit_at: '2030-01-01T00:00:02Z' });
});

test('a mapping that is gone is forgotten, and routers are kept apart', () => {
  const book = new CounterTotals();
  book.record(ROUTER, seen(5), at(0));
  book.record('west', seen(1), at(0));

  book.record(ROUTER, [], at(1));

  expect(book.of(ROUTER, idOf(1))).toBeUndefined();
  expect(book.of('west', idOf(1))?.packets).toBe(1);
});
