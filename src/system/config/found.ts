/** How a text that is not allowed is shown in an error: on one line, short, without the password of a URL, and unable to steer the terminal. */
import { masked } from '../../core/values/masked.ts';
import { escaped } from '../../core/values/printable.ts';

const MAX_LENGTH = 80;

/** Takes any text, gives what to print for it; an empty one is called so. */
export function found(text: string): string {
  return text === '' ? 'empty' : escaped(masked(text), MAX_LENGTH);
}
