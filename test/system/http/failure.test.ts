/** Why an HTTP request got no response. */
import { expect, test } from '@jest/globals';
import { failureReason } from '../../../src/system/http/failure.ts';

test('the reason for no response is in words, whatever the code', () => {
  const withCode = (code: string, more = {}): Error => Object.assign(new Error('as Node says it'), { code, ...more });

  for (const code of [
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'CERT_HAS_EXPIRED',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'EPROTO',
  ]) {
    expect(failureReason(withCode(code))).not.toMatch(/as Node says it|E[A-Z]{3}/);
  }
  expect(failureReason(withCode('EHOSTUNREACH', { errno: -113 }))).toBe('host is unreachable');
  expect(failureReason(withCode('ERR_SOMETHING_NEW'))).toBe('as Node says it');
  expect(failureReason(new Error('as Node says it'))).toBe('as Node says it');
});
