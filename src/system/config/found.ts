/** How a text that is not allowed is shown in an error: on one line, short, and unable to steer the terminal. */

/** More than 80 characters: the first 80 are shown. */
const LONG = /^(.{80}).+$/su;

const escaped = (character: string): string => `\\u{${character.codePointAt(0)?.toString(16)}}`;

/** Takes any text, gives what to print for it; an empty one is called so. */
export function found(text: string): string {
  if (text === '') return 'empty';
  return text.replace(LONG, '$1…').replace(/[\p{C}\p{Zl}\p{Zp}]/gu, escaped);
}
