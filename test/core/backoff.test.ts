import { expect, test } from '@jest/globals';
import { backoff } from '../../src/core/backoff.ts';

test('the wait doubles with each failure, up to its maximum', () => {
  expect([1, 2, 3, 4, 50].map((failures) => backoff(failures, { firstMs: 100, maxMs: 500 }))).toEqual([
    100, 200, 400, 500, 500,
  ]);
});

test('jitter takes between 0.5 and 1.5 of the wait, of the longest one too', () => {
  const waits = [0, 0.5, 1].map((random) => backoff(50, { firstMs: 100, maxMs: 500, random: () => random }));

  expect(waits).toEqual([250, 500, 750]);
});
