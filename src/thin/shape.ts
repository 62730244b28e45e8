/**
 * What the checks of responses are made of. They are written when the executable is built, of the schemas of the client
 * (scripts/thin-checks.ts): plain functions, because loading zod takes longer than all that a short command does. They refuse
 * more than the schemas (text that these clean, a field with a default that is missing); what they accept, those accept, with
 * the same outcome. Pure.
 */
import { cleanedLines } from '../core/values/printable.ts';

/** Takes a value as JSON has it. Gives it with the fields that its schema has, in its order; throws Misshapen for any other. */
export type Check = (value: unknown) => unknown;

/** The value does not have the shape. */
class Misshapen extends Error {}

/** What cleaning would change, or could, as JSON writes it. It takes a backslash before such a letter for one, too. */
const UNCLEAN = /\\[bfnrtu]/;

/** Takes the text of a body. Gives its value, checked; undefined for a text that the check refuses. */
export function shaped(check: Check, text: string): unknown {
  if (!isPlain(text) && (UNCLEAN.test(text) || cleanedLines(text) !== text)) return undefined;
  try {
    return check(JSON.parse(text));
  } catch (error) {
    if (error instanceof Misshapen || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Printable ASCII without escapes, as nearly every body is: found in no time, whatever its length. */
function isPlain(text: string): boolean {
  return !text.includes('\\') && !text.includes('\u007f') && Buffer.byteLength(text) === text.length;
}

export function refuse(): never {
  throw new Misshapen();
}
