import { expect, test } from '@jest/globals';
import { quantile, ratios, summarize } from '../../bench/measure.ts';

test('a summary has the smallest, the middle and the largest', () => {
  expect(summarize([3, 1, 2])).toEqual({ min: 1, median: 2, max: 3 });
  expect(summarize([4, 1, 3, 2])).toEqual({ min: 1, median: 2.5, max: 4 });
  expect(summarize([7])).toEqual({ min: 7, median: 7, max: 7 });
});

test('both are run in turn, the first pair is not counted, and every ratio is a over b', async () => {
  const order: string[] = [];
  const runs = (name: string, ms: number) => async () => {
    order.push(name);
    return ms;
  };
  expect(await ratios(3, runs('a', 30), runs('b', 10))).toEqual([3, 3, 3]);
  expect(order.join('')).toBe('ababbaab');
});

test('a quantile is the value that this share of all are not above', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  expect([0, 0.5, 0.99, 1].map((share) => quantile(hundred, share))).toEqual([1, 50, 99, 100]);
  expect(quantile([7], 0.99)).toBe(7);
});
