import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  canonicalCidr,
  canonicalCidrs,
  cidrContains,
  compareIpv4,
  isCidr,
  isCovered,
  isEdgeOf,
  isIpv4,
  prefixLengthOf,
} from '../../../src/core/values/ipv4.ts';
import { ipv4 } from '../../support/arbitrary.ts';

const ADDRESSES = 2 ** 32;

/** The address as a number and back, written differently from what is tested. */
const numberOf = (address: string): number => Buffer.from(address.split('.').map(Number)).readUInt32BE();
const textOf = (value: number): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return [...bytes].join('.');
};

const prefix = fc.integer({ min: 0, max: 32 });
const cidr = fc.oneof(
  ipv4,
  fc.tuple(ipv4, prefix).map(([address, bits]) => `${address}/${bits}`),
  // Few addresses, so that networks meet: inside one another, side by side, equal.
  fc.tuple(fc.nat(63), fc.integer({ min: 24, max: 32 })).map(([byte, bits]) => `10.0.0.${byte}/${bits}`),
);
const cidrs = fc.array(cidr, { maxLength: 12 });

const boundsOf = (text: string): { first: number; last: number } => {
  const [address = '', bits = '32'] = text.split('/');
  const size = 2 ** (32 - Number(bits));
  const first = Math.floor(numberOf(address) / size) * size;
  return { first, last: first + size - 1 };
};
const holds = (texts: readonly string[], address: string): boolean =>
  texts.map(boundsOf).some(({ first, last }) => first <= numberOf(address) && numberOf(address) <= last);

/** Addresses where a mistake would show: at both ends of each network, just outside of them, and anywhere. */
const telling = (texts: readonly string[]): string[] =>
  texts
    .map(boundsOf)
    .flatMap(({ first, last }) => [first - 1, first, last, last + 1])
    .map((value) => textOf((value + ADDRESSES) % ADDRESSES));

describe('canonicalCidrs', () => {
  test('means the same addresses as what was given', () => {
    fc.assert(
      fc.property(cidrs, fc.array(ipv4, { maxLength: 20 }), (given, anywhere) => {
        const canonical = canonicalCidrs(given);

        for (const address of [...telling(given), ...telling(canonical), ...anywhere]) {
          expect([address, holds(canonical, address)]).toEqual([address, holds(given, address)]);
        }
      }),
    );
  });

  test('is sorted, and no network reaches into another', () => {
    fc.assert(
      fc.property(cidrs, (given) => {
        const bounds = canonicalCidrs(given).map(boundsOf);

        for (const [index, { first }] of bounds.entries()) {
          expect(first).toBeGreaterThan(bounds[index - 1]?.last ?? -1);
        }
      }),
    );
  });

  test('stays as it is the second time, in whatever order it was given the first time', () => {
    fc.assert(
      fc.property(cidrs, (given) => {
        const canonical = canonicalCidrs(given);

        expect(canonicalCidrs(canonical)).toEqual(canonical);
        expect(canonicalCidrs(given.toReversed())).toEqual(canonical);
      }),
    );
  });

  test('writes every network in full, with the host bits cleared', () => {
    expect(canonicalCidrs(['192.0.2.7', '198.51.100.77/24', '198.51.100.1'])).toEqual([
      '192.0.2.7/32',
      '198.51.100.0/24',
    ]);
    expect(canonicalCidrs(['192.0.2.7', '192.0.2.7/32', '192.0.2.6/31'])).toEqual(['192.0.2.6/31']);
    expect(canonicalCidrs(['192.0.2.7', '192.0.2.7/32'])).toEqual(['192.0.2.7/32']);
    expect(canonicalCidr('255.255.255.255/0')).toBe('0.0.0.0/0');
    expect(canonicalCidr('255.255.255.255/1')).toBe('128.0.0.0/1');
  });
});

test('a network holds its addresses and no other', () => {
  fc.assert(
    fc.property(cidr, ipv4, (network, anywhere) => {
      for (const address of [...telling([network]), anywhere]) {
        expect(cidrContains(network, address)).toBe(holds([network], address));
      }
    }),
  );
});

test('addresses sort by number', () => {
  fc.assert(
    fc.property(ipv4, ipv4, (a, b) => {
      expect(Math.sign(compareIpv4(a, b))).toBe(Math.sign(numberOf(a) - numberOf(b)));
    }),
  );
  expect(['10.0.0.10', '10.0.0.9'].toSorted(compareIpv4)).toEqual(['10.0.0.9', '10.0.0.10']);
});

test('every dotted quad is an address, alone and with a prefix', () => {
  fc.assert(
    fc.property(ipv4, prefix, (address, bits) => {
      expect(isIpv4(address)).toBe(true);
      expect(isCidr(address)).toBe(true);
      expect(isCidr(`${address}/${bits}`)).toBe(true);
    }),
  );
});

test.each([
  '',
  '10',
  '10.1',
  '10.0.0',
  '10.0.0.0.1',
  '10.0.0.',
  '.10.0.0.1',
  '10..0.1',
  '256.0.0.1',
  '10.0.0.256',
  '010.0.0.1',
  '10.0.0.01',
  '0x7f.0.0.1',
  '1e1.0.0.1',
  '-1.0.0.1',
  '+1.0.0.1',
  ' 10.0.0.1',
  '10.0.0.1 ',
  '10.0.0.1\n',
  '10.0.0.1\0',
  '１0.0.0.1',
  '::1',
  '::ffff:10.0.0.1',
  'localhost',
])('%j is no address and no network', (text) => {
  expect(isIpv4(text)).toBe(false);
  expect(isCidr(text)).toBe(false);
});

test.each(['10.0.0.0/', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/08', '10.0.0.0/8/8', '10.0.0.0/255.0.0.0', '/8'])(
  '%j is no network',
  (text) => {
    expect(isCidr(text)).toBe(false);
  },
);

test('the ends of a network are no hosts, but in a network of two or one all are', () => {
  expect(isEdgeOf('10.20.0.0/24', '10.20.0.0')).toBe(true);
  expect(isEdgeOf('10.20.0.0/24', '10.20.0.255')).toBe(true);
  expect(isEdgeOf('10.20.0.0/24', '10.20.0.1')).toBe(false);
  expect(isEdgeOf('10.20.0.0/30', '10.20.0.3')).toBe(true);
  expect(isEdgeOf('10.20.0.0/31', '10.20.0.1')).toBe(false);
  expect(isEdgeOf('10.20.0.0/32', '10.20.0.0')).toBe(false);
});

test('networks cover another one when each of its addresses is in one of them', () => {
  const near = fc.tuple(fc.nat(63), fc.integer({ min: 26, max: 32 })).map(([byte, bits]) => `10.0.0.${byte}/${bits}`);
  fc.assert(
    fc.property(near, fc.array(near, { maxLength: 6 }), (network, networks) => {
      const addresses = Array.from({ length: 64 }, (_, byte) => `10.0.0.${byte}`).filter((each) =>
        cidrContains(network, each),
      );
      const isEachIn = addresses.every((address) => networks.some((each) => cidrContains(each, address)));
      expect(isCovered(network, networks)).toBe(isEachIn);
    }),
  );
});

test('both halves of everything cover everything', () => {
  expect(isCovered('0.0.0.0/0', ['128.0.0.0/1', '0.0.0.0/1'])).toBe(true);
  expect(isCovered('0.0.0.0/0', ['128.0.0.0/1', '0.0.0.0/2'])).toBe(false);
  expect(isCovered('255.255.255.255/32', [])).toBe(false);
});

test('an address is a network with a prefix of 32', () => {
  expect(['10.0.0.0', '10.0.0.0/8', '0.0.0.0/0'].map(prefixLengthOf)).toEqual([32, 8, 0]);
});
