/** Text from somebody else that is going to be printed: a control character in it could rewrite a terminal. */
import * as z from 'zod';

export const Printable = z.string().transform((text) => text.replaceAll(/[^\P{Cc}\n\t]/gu, '\uFFFD'));
