/** Text from a remote system that is printed: characters are replaced that could rewrite a terminal, or forge a row of a table. */
import * as z from 'zod';
import { cleaned, cleanedLines } from '../values/printable.ts';

export const Printable = z.string().transform(cleaned);

/** Text that has lines of its own, such as a script. */
export const PrintableLines = z.string().transform(cleanedLines);
