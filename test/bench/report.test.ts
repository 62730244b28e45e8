import { expect, test } from '@jest/globals';
import { isHeld, page, table } from '../../bench/report.ts';

const FAST = { title: 'fast', bar: 1.5, ratios: [1.7, 1.2, 1.5] };
const SLOW = { title: 'slow', bar: 1.5, ratios: [1.4, 1.6, 1.51] };
const OTHER = { title: 'other', ratios: [300] };

test('the median decides whether a bar is held, and a row without a bar holds', () => {
  expect([FAST, SLOW, OTHER].map(isHeld)).toEqual([true, false, true]);
});

test('the table has each row with its ratios, its bar and the verdict', () => {
  expect(table([FAST, SLOW, OTHER]).split('\n').slice(2)).toEqual([
    '| fast | 1.20 | 1.50 | 1.70 | ≤ 1.5 | held |',
    '| slow | 1.40 | 1.51 | 1.60 | ≤ 1.5 | NOT HELD |',
    '| other | 300.00 | 300.00 | 300.00 |  |  |',
  ]);
});

test('the page has the table, the machine and the size of the executable', () => {
  const text = page([FAST], { facts: ['2 cores', 'Linux 6.1'], executable_bytes: 112 * 1024 * 1024 });

  expect(text).toContain(table([FAST]));
  expect(text).toContain('The executable has 112 MiB. Measured on 2 cores, Linux 6.1.');
});
