/** Passwords in URLs, which no output may contain. */

const URL_START = '//';
const MASK = '***';

/** What stands for a secret that is not shown at all. */
export const HIDDEN = 'a value that is not shown, because it may contain a password';

/**
 * Replaces what is between the first `:` behind `//` and the last `@`. A password may contain every character that a URL gives a
 * meaning, `@` too, so that the parts of a wrong URL are not known; too much is masked rather than too little.
 */
export function masked(text: string): string {
  const start = text.indexOf(URL_START);
  const colon = start < 0 ? -1 : text.indexOf(':', start + URL_START.length);
  const end = text.lastIndexOf('@');
  return colon < 0 || end < colon ? text : `${text.slice(0, colon + 1)}${MASK}${text.slice(end)}`;
}
