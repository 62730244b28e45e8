import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type PortRange, rangeSize } from '../../../src/core/values/port-range.ts';
import { allocatePort, nextPort } from '../../../src/pat/change/allocation.ts';

const range: fc.Arbitrary<PortRange> = fc
  .tuple(fc.integer({ min: 1, max: 65535 }), fc.nat(60))
  .map(([first, more]) => ({ first, last: Math.min(first + more, 65535) }));

/** A range and one of its ports. */
const rangeAndPort = range.chain((ports) =>
  fc.tuple(fc.constant(ports), fc.integer({ min: ports.first, max: ports.last })),
);
const start = fc.integer({ min: -5, max: 70_000 });

const portsOf = ({ first, last }: PortRange): number[] =>
  Array.from({ length: last - first + 1 }, (_, step) => first + step);

test('the port is free and in the range; there is none only when all are taken', () => {
  fc.assert(
    fc.property(range, start, fc.func(fc.boolean()), (ports, next, isTaken) => {
      const port = allocatePort(ports, next, isTaken);

      const free = portsOf(ports).filter((candidate) => !isTaken(candidate));
      if (free.length === 0) expect(port).toBeUndefined();
      else expect(free).toContain(port);
    }),
  );
});

test('the last free port is found, wherever the search starts', () => {
  fc.assert(
    fc.property(rangeAndPort, start, ([ports, lastFree], next) => {
      expect(allocatePort(ports, next, (port) => port !== lastFree)).toBe(lastFree);
    }),
  );
});

test('a full range gives no port after one test of each port', () => {
  fc.assert(
    fc.property(range, start, (ports, next) => {
      const tested: number[] = [];

      const port = allocatePort(ports, next, (candidate) => tested.push(candidate) > 0);

      expect(port).toBeUndefined();
      expect(tested.toSorted((a, b) => a - b)).toEqual(portsOf(ports));
    }),
  );
});

test('no port is tested twice', () => {
  fc.assert(
    fc.property(range, start, fc.func(fc.boolean()), (ports, next, isTaken) => {
      const tested: number[] = [];

      allocatePort(ports, next, (port) => {
        tested.push(port);
        return isTaken(port);
      });

      expect(new Set(tested).size).toBe(tested.length);
      expect(tested.length).toBeLessThanOrEqual(rangeSize(ports));
    }),
  );
});

test('a port that is freed at once is reused only after every other port of the range', () => {
  fc.assert(
    fc.property(rangeAndPort, ([ports, begin]) => {
      const given: number[] = [];
      let next = begin;
      for (let time = 0; time < rangeSize(ports); time++) {
        const port = allocatePort(ports, next, () => false) ?? Number.NaN;
        given.push(port);
        next = nextPort(ports, port);
      }

      expect(given.toSorted((a, b) => a - b)).toEqual(portsOf(ports));
      expect(allocatePort(ports, next, () => false)).toBe(given[0]);
    }),
  );
});

test.each([
  { next: 4001, expected: 4001, from: 'a port of the range' },
  { next: 0, expected: 4000, from: 'no port yet' },
  { next: 4101, expected: 4000, from: 'a port after the range' },
])('the search starts at $expected for $from', ({ next, expected }) => {
  expect(allocatePort({ first: 4000, last: 4100 }, next, () => false)).toBe(expected);
});

test('the first port follows the last one', () => {
  expect(nextPort({ first: 4000, last: 4100 }, 4100)).toBe(4000);
  expect(nextPort({ first: 4000, last: 4100 }, 4099)).toBe(4100);
  expect(nextPort({ first: 65535, last: 65535 }, 65535)).toBe(65535);
});
