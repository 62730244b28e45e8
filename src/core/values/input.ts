/** Validates input from outside against a schema; the first problem becomes INVALID_INPUT. */
import type * as z from 'zod';
import { A_KNOWN_FIELD, MISSING } from '../errors/base-errors.ts';
import { praasError } from '../errors/errors.ts';
import { escaped } from './printable.ts';

/**
 * Takes a schema and any value, gives the parsed value. `name` is what errors call the value itself.
 * Throws INVALID_INPUT with the field, what was found and what is allowed.
 */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown, name = 'input'): T {
  const result = safeParse(schema, input, name);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path ?? [];
  const field = path.join('.') || name;
  if (issue?.code === 'unrecognized_keys') {
    throw praasError('INVALID_INPUT', { field, found: printable(issue.keys[0]), allowed: A_KNOWN_FIELD });
  }
  const found = path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], input);
  throw praasError('INVALID_INPUT', { field, found: printable(found), allowed: issue ? allowedOf(issue) : 'valid' });
}

const TYPES: Readonly<Record<string, string>> = { object: 'an object', array: 'a list', string: 'text' };
/** How zod's own messages begin. Those of schemas say what is allowed. */
const DEFAULT_MESSAGE = /^Invalid /;

/** What is allowed, from the message of the schema; where it has none, from the facts of the issue. */
function allowedOf(issue: z.core.$ZodIssue): string {
  if (!DEFAULT_MESSAGE.test(issue.message)) return issue.message;
  if (issue.code === 'invalid_type') return TYPES[issue.expected] ?? `a value of type ${issue.expected}`;
  if (issue.code === 'invalid_value') return issue.values.map(String).join(', ');
  if (issue.code === 'invalid_union' && 'options' in issue) return (issue.options as readonly string[]).join(', ');
  return 'a valid value';
}

/** zod compares the `length` of any value that has one; a hostile value can make that comparison throw. */
function safeParse<T>(schema: z.ZodType<T>, input: unknown, field: string): z.ZodSafeParseResult<T> {
  try {
    return schema.safeParse(input);
  } catch (error) {
    throw praasError('INVALID_INPUT', { field, found: printable(input), allowed: 'a valid value' }, error);
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
