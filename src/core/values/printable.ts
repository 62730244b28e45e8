/** Text from outside that is shown in messages. */

const MAX_LENGTH = 200;
/**
 * A class of characters for regular expressions with the flag `u`: what a terminal acts on (C0, DEL, C1), what breaks a line, what
 * reorders what is beside it, and what is not seen at all. The joiners of scripts and emoji (U+200C, U+200D) stay.
 */
export const UNSAFE = String.raw`\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u00AD\u180E\u200B\u2060-\u2064\u206A-\u206F\uFEFF\uFFF9-\uFFFB\u{E0000}-\u{E007F}`;
const UNPRINTABLE = new RegExp(`[${UNSAFE}\\s]+`, 'gu');
const UNSAFE_CHARACTER = new RegExp(`[${UNSAFE}]`, 'gu');
const UNSAFE_BUT_NEWLINE = new RegExp(`(?!\n)[${UNSAFE}]`, 'gu');
const ASCII = /^[ -~]*$/;

/** Gives the text on one line, at most 200 characters long, without control characters, which a terminal would act on. */
export function printable(text: string): string {
  const plain = text.replaceAll(UNPRINTABLE, ' ').trim();
  return plain.length > MAX_LENGTH ? `${plain.slice(0, MAX_LENGTH)}…` : plain;
}

/** Gives the text with U+FFFD for each character that a terminal would act on or not show, line breaks and tabs included. */
export function cleaned(text: string): string {
  return ASCII.test(text) ? text : text.replaceAll(UNSAFE_CHARACTER, '\uFFFD');
}

/** As `cleaned`, for text that has lines of its own. */
export function cleanedLines(text: string): string {
  return ASCII.test(text) ? text : text.replaceAll(UNSAFE_BUT_NEWLINE, '\uFFFD');
}

/** Gives the text with every character that a terminal would act on or not show as `\u{1b}`, at most `maxLength` characters of it. */
export function escaped(text: string, maxLength: number): string {
  const characters = Array.from(text);
  const start = characters.length > maxLength ? `${characters.slice(0, maxLength).join('')}…` : text;
  return start.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
