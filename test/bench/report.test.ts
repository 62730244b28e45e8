import { expect, test } from '@jest/globals';
import { isHeld, page, tables } from '../../bench/report.ts';

const FAST = { title: 'fast', bar: { atMost: 1.5 }, ratios: [1.7, 1.2, 1.5] };
const SLOW = { title: 'slow', bar: { atMost: 1.5 }, ratios: [1.4, 1.6, 1.51] };
const MUCH = { title: 'much', bar: { atLeast: 8 }, ratios: [8, 20, 7] };
const LITTLE = { title: 'little', bar: { atLeast: 8 }, ratios: [7.9, 20, 7] };
const OTHER = { title: 'other', ratios: [300] };
const SIZES = {
  title: 'memory, MiB',
  columns: ['at first', 'later'],
  lines: [{ what: 'empty', values: [[3, 1, 2], [99.96]] }],
};

test('the median decides whether a bar is held: a cost has a most, a gain a least, and a row without a bar holds', () => {
  expect([FAST, SLOW, MUCH, LITTLE, OTHER].map(isHeld)).toEqual([true, false, true, false, true]);
});

test('the table has each row with its ratios, its bar and the verdict', () => {
  expect(tables({ figures: [FAST, SLOW, MUCH, OTHER] }).split('\n')).toEqual([
    '| what | min | median | max | bar |  |',
    '|---|---|---|---|---|---|',
    '| fast | 1.20 | 1.50 | 1.70 | ≤ 1.5 | held |',
    '| slow | 1.40 | 1.51 | 1.60 | ≤ 1.5 | NOT HELD |',
    '| much | 7.00 | 8.00 | 20.00 | ≥ 8 | held |',
    '| other | 300.00 | 300.00 | 300.00 |  |  |',
  ]);
});

test('facts come in a table of their own, with the median and from where to where they went', () => {
  expect(tables({ figures: [], facts: [SIZES] }).split('\n')).toEqual([
    '| memory, MiB | at first | later |',
    '|---|---|---|',
    '| empty | 2 (1 to 3) | 100.0 |',
  ]);
});

test('the page has both tables, the machine and the size of the executable', () => {
  const machine = { facts: ['2 cores', 'Linux 6.1'], executableBytes: 112 * 1024 * 1024 };
  const text = page({ figures: [FAST], facts: [SIZES] }, machine);

  expect(text).toContain(tables({ figures: [FAST] }));
  expect(text).toContain(tables({ figures: [], facts: [SIZES] }));
  expect(text).toContain('The executable has 112 MiB. Measured on 2 cores, Linux 6.1.');
});
