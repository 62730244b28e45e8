/** Text at the door, and what was stored before. */
import { expect, test } from '@jest/globals';
import { cleaned } from '../../../src/core/values/printable.ts';
import { StoredText, Text } from '../../../src/core/values/schemas.ts';

const accepts = (schema: typeof Text, text: string): boolean => schema.safeParse(text).success;

test('text at the door has each character that is shown as it is, and no other', () => {
  const wrong: number[] = [];
  for (let start = 0; start <= 0x10ffff; start += 0x40) {
    const all = Array.from({ length: 0x40 }, (_, index) => String.fromCodePoint(start + index));
    const shown = all.filter((character) => cleaned(character) === character);
    if (!accepts(Text, shown.join(''))) wrong.push(start);
    const hidden = all.filter((character) => cleaned(character) !== character);
    wrong.push(
      ...hidden.filter((character) => accepts(Text, character)).map((character) => character.codePointAt(0) ?? 0),
    );
  }
  expect(wrong).toEqual([]);
});

test.each(['\u200B', '\uFEFF', '\u00AD', '\u{E0000}', '\u2060'])(
  '%j is refused at the door, and read where it is',
  (text) => {
    expect([accepts(Text, text), accepts(StoredText, text)]).toEqual([false, true]);
  },
);
