import { expect, test } from '@jest/globals';
import { praasError } from '../../src/core/errors/errors.ts';
import { FailureState } from '../../src/core/failure-state.ts';

const unavailable = (reason: string): Error => praasError('CLOUD_UNAVAILABLE', { service: 'network', reason });

test('the same error is news once, and again after a success', () => {
  const state = new FailureState();

  expect([unavailable('timeout'), unavailable('timeout')].map((error) => state.failed(error))).toEqual([true, false]);
  expect(state.recovered()).toBe(true);
  expect(state.failed(unavailable('timeout'))).toBe(true);
});

test('other facts, another code and another message are news', () => {
  const state = new FailureState();
  const errors = [
    unavailable('timeout'),
    unavailable('connection refused'),
    praasError('CLOUD_BAD_RESPONSE', { service: 'network', reason: 'connection refused' }),
    new Error('one'),
    new Error('two'),
    'two',
  ];

  expect(errors.map((error) => state.failed(error))).toEqual([true, true, true, true, true, false]);
});

test('facts count, not the sentence that is made of them', () => {
  const state = new FailureState();
  const reached = (may_have_changed: boolean): Error =>
    praasError('INTERRUPTED', { signal_number: 2, may_have_changed });

  expect(reached(true).message).toBe(reached(false).message);
  expect([state.failed(reached(true)), state.failed(reached(false))]).toEqual([true, true]);
});

test('it has the reason of the last attempt, and the number of failures since the last success', () => {
  const state = new FailureState('not tried yet');
  expect([state.reason, state.count]).toEqual(['not tried yet', 0]);

  expect(state.failed(new Error('not tried yet'))).toBe(true);
  state.failed(new Error('no'));
  expect([state.reason, state.count]).toEqual(['no', 2]);

  expect([state.recovered(), state.recovered()]).toEqual([true, false]);
  expect([state.reason, state.count]).toEqual([undefined, 0]);
});

test('it waits longer with each failure, and the whole period after a success', () => {
  const state = new FailureState();
  const waits = [state.waitMs({ firstMs: 1000, maxMs: 3000 })];
  for (const _ of [1, 2, 3]) {
    state.failed(new Error('no'));
    waits.push(state.waitMs({ firstMs: 1000, maxMs: 3000 }));
  }

  expect(waits).toEqual([3000, 1000, 2000, 3000]);
});
