/** Text from a remote system that is printed: control characters are replaced, because they could rewrite a terminal. */
import * as z from 'zod';

export const Printable = z.string().transform((text) => text.replaceAll(/[^\P{Cc}\n\t]/gu, '\uFFFD'));
