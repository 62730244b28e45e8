import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type PortRange, rangeSize } from '../../../src/core/values/port-range.ts';
import { allocatePort, nextPort } from '../../../src/pat/change/allocation.ts';

const range: fc.Arbitrary<PortRange> = fc
  .tuple(fc.integer({ min: 1, max: 65535 }), fc.nat(60))
  .map(([first, more]) => ({ first, last: Math.min(first + more, 65535) }));

/** A range, and a port of it. */
const rangeAndPort = range.chain((ports) =>
  fc.tuple(fc.constant(ports), fc.integer({ min: ports.first, max: ports.last })),
);
const start = fc.integer({ min: -5, max: 70_000 });

const portsOf = ({ first, last }: PortRange): number[] =>
  Array.from({ length: last - first + 1 }, (_, step) => first + step);

test('a port handed out is in the range and was not taken, and there is none only when all are taken', () => {
  fc.assert(
    fc.property(range, start, fc.func(fc.boolean()), (ports, next, isTaken) => {
      const port = allocatePort(ports, next, isTaken);

      const free = portsOf(ports).filter((candidate) => !isTaken(candidate));
      if (free.length === 0) expect(port).toBeUndefined();
      else expect(free).toContain(port);
    }),
  );
});

test('the last free port is found, wherever the walk starts', () => {
  fc.assert(
    fc.property(rangeAndPort, start, ([ports, lastFree], next) => {
      expect(allocatePort(ports, next, (port) => port !== lastFree)).toBe(lastFree);
    }),
  );
});

test('a full range is told after asking about each port once', () => {
  fc.assert(
    fc.property(range, start, (ports, next) => {
      const asked: number[] = [];

      const port = allocatePort(ports, next, (candidate) => asked.push(candidate) > 0);

      expect(port).toBeUndefined();
      expect(asked.toSorted((a, b) => a - b)).toEqual(portsOf(ports));
    }),
  );
});

test('no port is asked about twice', () => {
  fc.assert(
    fc.property(range, start, fc.func(fc.boolean()), (ports, next, isTaken) => {
      const asked: number[] = [];

      allocatePort(ports, next, (port) => {
        asked.push(port);
        return isTaken(port);
      });

      expect(new Set(asked).size).toBe(asked.length);
      expect(asked.length).toBeLessThanOrEqual(rangeSize(ports));
    }),
  );
});

test('a port freed at once comes back only after every other port of the range', () => {
  fc.assert(
    fc.property(rangeAndPort, ([ports, begin]) => {
      const handed: number[] = [];
      let next = begin;
      for (let time = 0; time < rangeSize(ports); time++) {
        const port = allocatePort(ports, next, () => false) ?? Number.NaN;
        handed.push(port);
        next = nextPort(ports, port);
      }

      expect(handed.toSorted((a, b) => a - b)).toEqual(portsOf(ports));
      expect(allocatePort(ports, next, () => false)).toBe(handed[0]);
    }),
  );
});

test.each([
  { next: 4001, expected: 4001, from: 'a port of the range' },
  { next: 0, expected: 4000, from: 'no port yet' },
  { next: 4101, expected: 4000, from: 'behind the range, which was narrowed' },
])('the walk starts at $expected for $from', ({ next, expected }) => {
  expect(allocatePort({ first: 4000, last: 4100 }, next, () => false)).toBe(expected);
});

test('behind the last port comes the first', () => {
  expect(nextPort({ first: 4000, last: 4100 }, 4100)).toBe(4000);
  expect(nextPort({ first: 4000, last: 4100 }, 4099)).toBe(4100);
  expect(nextPort({ first: 65535, last: 65535 }, 65535)).toBe(65535);
});
