/** Validates input from outside against a schema; the first problem becomes INVALID_INPUT. */
import type * as z from 'zod';
import { A_KNOWN_FIELD, MISSING } from '../errors/base-errors.ts';
import { praasError } from '../errors/errors.ts';
import { escaped } from './printable.ts';

/** Takes the schema of an object and any value, gives the parsed value. Throws INVALID_INPUT with the field, what was found and what is allowed. */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown): T {
  const result = safeParse(schema, input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    throw praasError('INVALID_INPUT', { field: 'input', found: printable(issue.keys[0]), allowed: A_KNOWN_FIELD });
  }
  const path = issue?.path ?? [];
  const found = path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], input);
  const allowed = path.length === 0 && issue?.code !== 'custom' ? 'an object' : (issue?.message ?? 'valid');
  throw praasError('INVALID_INPUT', { field: path.join('.') || 'input', found: printable(found), allowed });
}

/** zod compares the `length` of any value that has one; a hostile value can make that comparison throw. */
function safeParse<T>(schema: z.ZodType<T>, input: unknown): z.ZodSafeParseResult<T> {
  try {
    return schema.safeParse(input);
  } catch (error) {
    throw praasError('INVALID_INPUT', { field: 'input', found: printable(input), allowed: 'a valid value' }, error);
  }
}

const MAX_PRINTED = 100;

/** The value as short text: JSON leaves DEL and other characters that a terminal acts on as they are. */
function printable(value: unknown): string {
  return escaped(typeof value === 'number' ? String(value) : jsonText(value), MAX_PRINTED);
}

/** JSON.parse accepts deeper nesting than JSON.stringify does. */
function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? MISSING;
  } catch {
    return 'a value nested too deeply';
  }
}
