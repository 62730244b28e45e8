import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isPast, parseExpiry } from '../../../src/commands/output/expiry.ts';
import { isExpired, Time } from '../../../src/core/values/time.ts';

const NOW = new Date('2030-01-01T00:00:00Z');

describe('a duration', () => {
  test.each([
    ['8h', '2030-01-01T08:00:00Z'],
    ['90m', '2030-01-01T01:30:00Z'],
    ['30s', '2030-01-01T00:00:30Z'],
    ['7d', '2030-01-08T00:00:00Z'],
    ['2w', '2030-01-15T00:00:00Z'],
    ['1.5h', '2030-01-01T01:30:00Z'],
    ['8 hours', '2030-01-01T08:00:00Z'],
    ['8H', '2030-01-01T08:00:00Z'],
    ['1h30m', '2030-01-01T01:30:00Z'],
    ['1d12h', '2030-01-02T12:00:00Z'],
    ['8h 30m', '2030-01-01T08:30:00Z'],
  ])('%s ends that long after now', (text, end) => {
    expect(parseExpiry(text, NOW)).toBe(end);
  });

  test.each([
    '30',
    '0',
    '',
    'h',
    '0h',
    '-8h',
    '+8h',
    '8',
    '8x',
    '8 parsecs',
    '1e3h',
    '8h 30',
    '1mo',
    '1d12x',
    '.5h',
    'Infinityh',
  ])('%j is refused', (text) => {
    expect(parseExpiry(text, NOW)).toBeUndefined();
  });

  test('that would end after the year 9999, or has no end to its digits, is refused', () => {
    expect(parseExpiry('7969y', NOW)).toMatch(/^99/);
    expect(parseExpiry('8000y', NOW)).toBeUndefined();
    expect(parseExpiry(`${'9'.repeat(90)}d`, NOW)).toBeUndefined();
    expect(parseExpiry(`${'9'.repeat(100_000)}d`, NOW)).toBeUndefined();
  });
});

describe('a time', () => {
  test.each([
    ['2030-01-31', '2030-01-31T00:00:00Z'],
    ['2032-02-29', '2032-02-29T00:00:00Z'],
    ['2030-01-31T12:00:00Z', '2030-01-31T12:00:00Z'],
    ['2030-01-31T12:00Z', '2030-01-31T12:00:00Z'],
    ['2030-01-31 12:00:00Z', '2030-01-31T12:00:00Z'],
    ['2030-01-31T12:00:00+02:00', '2030-01-31T10:00:00Z'],
    ['2030-01-31T23:30:00-01:00', '2030-02-01T00:30:00Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59Z'],
  ])('%s is the same in UTC', (text, end) => {
    expect(parseExpiry(text, NOW)).toBe(end);
  });

  test.each(['2030-01-31T12:00', '2030-01-31 12:00:30'])('%s without a zone is a time of this machine', (text) => {
    const local = new Date(text.replace(' ', 'T'));

    expect(parseExpiry(text, NOW)).toBe(local.toISOString().replace('.000', ''));
  });

  test.each(['2029-12-31', '2029-12-31T23:59:59Z', '2030-01-01', '2030-01-01T01:00:00+02:00', '1970-01-01'])(
    '%s is in the past and refused',
    (text) => {
      expect(isPast(text, NOW)).toBe(true);
      expect(parseExpiry(text, NOW)).toBeUndefined();
    },
  );

  test.each([
    '2030-02-30',
    '2030-02-31',
    '2031-02-29',
    '2030-02-30T12:00:00Z',
    '2030-04-31 12:00',
    '2030-13-01',
    '2030-00-10',
    '2030-01-31T25:00',
    '2030-01-31T24:00:01Z',
    '2030-01-31T12:60Z',
    '2030-01-31T',
    '2030-01-31 noon',
    '30-01-31',
    '2030-1-31',
    '2030/01/31',
    '31.01.2030',
    'tomorrow',
    '1893456000',
    '+010000-01-01',
    '10000-01-01',
  ])('%j is no time that there is', (text) => {
    expect(parseExpiry(text, NOW)).toBeUndefined();
  });
});

test('never is never, and only when written so', () => {
  expect(parseExpiry('never', NOW)).toBeNull();
  for (const text of ['Never', 'never ', 'nev', 'null', 'none', 'forever']) {
    expect(parseExpiry(text, NOW)).toBeUndefined();
  }
});

test.each([
  '8h; reboot',
  '8h\n',
  '\n8h',
  '8h\u0000',
  '\u001b[2J',
  '2030-01-31\n',
  '2030-01-31 (8h)',
  '2030-01-31T12:00:00Z; x',
  '$(date)',
  '__proto__',
  'constructor',
  '٨h',
  '８h',
  '2030-01-31T12:00:00Z 2031-01-31',
  '2030-01-31 12:00 PM',
])('hostile text %j is refused', (text) => {
  expect(parseExpiry(text, NOW)).toBeUndefined();
});

/** Texts of the characters that times and durations are made of, so that many come near to one. */
const nearly = fc.oneof(
  fc.string(),
  fc.string({ unit: fc.constantFrom(...'0123456789-:.TZ+ hmsdwy'.split('')), maxLength: 30 }),
  fc
    .tuple(fc.double({ min: 0, max: 1e9, noNaN: true }), fc.constantFrom('ms', 's', 'm', 'h', 'd', 'y'))
    .map(([n, u]) => `${n}${u}`),
);

test('whatever is accepted is a time that a mapping can have, and lies in the future', () => {
  fc.assert(
    fc.property(nearly, fc.integer({ min: 0, max: 999 }), (text, milliseconds) => {
      const now = new Date(NOW.getTime() + milliseconds);

      const expires_at = parseExpiry(text, now);

      if (typeof expires_at === 'string') {
        expect(Time.safeParse(expires_at).success).toBe(true);
        expect(isExpired({ expires_at }, now)).toBe(false);
      }
    }),
    { numRuns: 1000 },
  );
});

test('a mapping never expires before the given time', () => {
  const now = new Date('2030-01-01T00:00:00.900Z');

  expect(parseExpiry('1s', now)).toBe('2030-01-01T00:00:02Z');
  expect(parseExpiry('1ms', now)).toBe('2030-01-01T00:00:01Z');
  expect(parseExpiry('2030-01-31T12:00:00.5Z', now)).toBe('2030-01-31T12:00:01Z');
});
