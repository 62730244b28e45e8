/** Text from outside, before it is shown. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cleaned, cleanedLines, escaped, printable } from '../../../src/core/values/printable.ts';

/** What a name must never do to its reader, by code points. */
const UNSAFE: readonly (readonly [what: string, codes: readonly number[]])[] = [
  ['C0, DEL and C1', [...Array(0x20).keys(), 0x7f, ...Array.from({ length: 0x20 }, (_, n) => 0x80 + n)]],
  ['line separators', [0x2028, 0x2029]],
  ['directions', [0x061c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069]],
  ['nothing to see', [0x00ad, 0x180e, 0x200b, 0x2060, 0x2064, 0xfeff, 0xe0041]],
  ['half a character', [0xd800, 0xdfff]],
];

test.each(UNSAFE)('%s', (_, codes) => {
  for (const code of codes) {
    const text = `a${String.fromCodePoint(code)}b`;
    expect([code, cleaned(text)]).toEqual([code, 'a\uFFFDb']);
    expect([code, cleanedLines(text)]).toEqual([code, code === 0x0a ? 'a\nb' : 'a\uFFFDb']);
    expect([code, printable(text)]).toEqual([code, 'a b']);
  }
});

test.each(['', 'web-1', 'Zürich 2', '東京', 'می\u200Cخواهم', '👩\u200D💻', 'a\u00a0b'])('%j stays as it is', (text) => {
  expect(cleaned(text)).toBe(text);
  expect(cleanedLines(text)).toBe(text);
});

test('no text has two lines, nor half of a character, and cleaning again changes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const once = cleaned(text);
      expect(cleaned(once)).toBe(once);
      expect(once.isWellFormed()).toBe(true);
      expect(once).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u);
      expect(escaped(once, 1e6)).not.toMatch(/\p{Cc}/u);
    }),
  );
});
