/** How a text that is not allowed is shown in an error: on one line, short, and unable to steer the terminal. */
import { escaped } from '../../core/values/printable.ts';

const MAX_LENGTH = 80;

/** Takes any text, gives what to print for it; an empty one is called so. */
export function found(text: string): string {
  return text === '' ? 'empty' : escaped(text, MAX_LENGTH);
}
