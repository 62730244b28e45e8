import { expect, test } from '@jest/globals';
import { levelOf, percentOf } from '../../../src/core/values/usage.ts';

test.each([
  [0, 100, 0, 'ok'],
  [79, 100, 79, 'ok'],
  [80, 100, 80, 'high'],
  [94_999, 100_000, 94, 'high'],
  [95, 100, 95, 'critical'],
  [101, 100, 101, 'critical'],
  [5, 0, 0, 'ok'],
] as const)('%i of %i is %i percent: %s', (used, limit, percent, level) => {
  expect(percentOf({ used, limit })).toBe(percent);
  expect(levelOf({ used, limit })).toBe(level);
});
