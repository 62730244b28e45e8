/** Text from outside that is shown in messages. */

const MAX_LENGTH = 200;
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}\s]+/gu;

/** Gives the text on one line, at most 200 characters long, without control characters, which a terminal would act on. */
export function printable(text: string): string {
  const plain = text.replaceAll(UNPRINTABLE, ' ').trim();
  return plain.length > MAX_LENGTH ? `${plain.slice(0, MAX_LENGTH)}…` : plain;
}

/** Gives the text with every character that a terminal would act on or not show as `\u{1b}`, at most `maxLength` characters of it. */
export function escaped(text: string, maxLength: number): string {
  const characters = Array.from(text);
  const start = characters.length > maxLength ? `${characters.slice(0, maxLength).join('')}…` : text;
  return start.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
