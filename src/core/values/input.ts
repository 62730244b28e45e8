/** Checks what came from outside against a schema; the first thing wrong becomes INVALID_INPUT. */
import type * as z from 'zod';
import { MISSING } from '../errors/base-errors.ts';
import { praasError } from '../errors/errors.ts';

/** Takes the schema of an object and anything, gives the parsed value. Throws INVALID_INPUT naming field, what was found, what is allowed. */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown): T {
  const result = checked(schema, input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    throw praasError('INVALID_INPUT', { field: 'input', found: shown(issue.keys[0]), allowed: 'a field known here' });
  }
  const path = issue?.path ?? [];
  const found = path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], input);
  const allowed = path.length === 0 && issue?.code !== 'custom' ? 'an object' : (issue?.message ?? 'valid');
  throw praasError('INVALID_INPUT', { field: path.join('.') || 'input', found: shown(found), allowed });
}

/** zod compares the `length` of whatever has one; what is in its place may be made so that comparing it throws. */
function checked<T>(schema: z.ZodType<T>, input: unknown): z.ZodSafeParseResult<T> {
  try {
    return schema.safeParse(input);
  } catch (error) {
    throw praasError('INVALID_INPUT', { field: 'input', found: shown(input), allowed: 'what is expected here' }, error);
  }
}

const MAX_SHOWN = 100;

/** What was found, not too long and without anything that a terminal acts on: JSON leaves DEL and the C1 controls as they are. */
function shown(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : textOf(value);
  const safe = text.replace(/\p{Cc}/gu, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
  return safe.length > MAX_SHOWN ? `${safe.slice(0, MAX_SHOWN)}…` : safe;
}

/** JSON.parse goes deeper than JSON.stringify does. */
function textOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? MISSING;
  } catch {
    return 'something nested too deeply';
  }
}
