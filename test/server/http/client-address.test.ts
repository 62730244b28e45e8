/** Which address a request comes from, and which addresses share a limit. */

import { describe, expect, test } from '@jest/globals';
import type { Request } from 'express';
import fc from 'fast-check';
import { clientAddress, limitKey } from '../../../src/server/http/client-address.ts';

const requestOf = (remoteAddress: string | undefined, forwarded?: string): Request =>
  ({ socket: { remoteAddress }, get: () => forwarded }) as unknown as Request;

describe('the address of the client', () => {
  const PROXIES = ['192.0.2.0/24', '10.0.0.1', 'fd00::/8', '::1'];

  test.each([
    ['without the header', '192.0.2.1', undefined, '192.0.2.1'],
    ['behind one proxy', '192.0.2.1', '198.51.100.7', '198.51.100.7'],
    ['behind one proxy, over a socket for both families', '::ffff:192.0.2.1', '::ffff:198.51.100.7', '198.51.100.7'],
    ['behind a chain of proxies', '192.0.2.1', '198.51.100.7, 10.0.0.1 ,192.0.2.9', '198.51.100.7'],
    ['over IPv6', 'fd00::2', '2001:db8::7', '2001:db8::7'],
    ['behind proxies of both families', '::1', '2001:db8::7,192.0.2.9', '2001:db8::7'],
    ['which is a proxy itself', '192.0.2.1', '192.0.2.9', '192.0.2.9'],
    ['that adds an entry of its own in front', '192.0.2.1', '127.0.0.1, 198.51.100.7', '198.51.100.7'],
    ['that is not a trusted proxy', '203.0.113.5', '127.0.0.1', '203.0.113.5'],
    [
      'that is not a trusted proxy, but sends the address of one',
      '203.0.113.5',
      '198.51.100.7, 192.0.2.1',
      '203.0.113.5',
    ],
    ['behind a proxy that is not trusted', '192.0.2.1', '198.51.100.7, 203.0.113.5', '203.0.113.5'],
    ['behind a proxy that appends no address', '192.0.2.1', '198.51.100.7, unknown', '192.0.2.1'],
    ['behind a proxy with an empty header', '192.0.2.1', '', '192.0.2.1'],
    ['behind a proxy that appends a port', '192.0.2.1', '198.51.100.7:4711', '192.0.2.1'],
  ])('%s', (_, peer, forwarded, address) => {
    expect(clientAddress(requestOf(peer, forwarded), PROXIES)).toBe(address);
  });

  test('is that of the connection without trusted proxies', () => {
    expect(clientAddress(requestOf('127.0.0.1', '198.51.100.7'), [])).toBe('127.0.0.1');
  });

  test('is unknown for a connection that is closed, whatever the header contains', () => {
    expect(clientAddress(requestOf(undefined, '198.51.100.7'), ['0.0.0.0/0', '::/0'])).toBeUndefined();
  });
});

describe('the key of a limit', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
    ['2001:db8::7', '2001:db8:0:0::/64'],
    ['2001:db8::ffff:7', '2001:db8:0:0::/64'],
    ['2001:0DB8:0:0:9::', '2001:db8:0:0::/64'],
    ['fd00::1:0:0:1', 'fd00:0:0:0::/64'],
    ['fd00::2:0:0:1', 'fd00:0:0:0::/64'],
    ['fd00:0:0:1::1', 'fd00:0:0:1::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['1::', '1:0:0:0::/64'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::ffff:c000:207', '192.0.2.7'],
    ['0:0:0:0:0:ffff:c000:0207', '192.0.2.7'],
    ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['unknown', 'unknown'],
  ])('of %s is %s', (address, key) => {
    expect(limitKey(address)).toBe(key);
  });
});

test('however an address is written, its key is the same, and addresses of other networks have other keys', () => {
  const group = fc.integer({ min: 0, max: 0xffff });
  const groups = fc.array(fc.oneof(fc.constant(0), group), { minLength: 8, maxLength: 8 });
  const whole = (numbers: readonly number[]): string => numbers.map((each) => each.toString(16)).join(':');
  // The URL parser writes an address in its shortest form.
  const short = (numbers: readonly number[]): string => new URL(`http://[${whole(numbers)}]`).hostname.slice(1, -1);
  const isMapped = (numbers: readonly number[]): boolean => /^(?:0,){5}65535/.test(numbers.join(','));

  fc.assert(
    fc.property(groups, groups, (a, b) => {
      expect(limitKey(short(a))).toBe(limitKey(whole(a)));
      fc.pre(!isMapped(a) && !isMapped(b));
      expect(limitKey(whole(a)) === limitKey(whole(b))).toBe(whole(a.slice(0, 4)) === whole(b.slice(0, 4)));
    }),
  );
});
