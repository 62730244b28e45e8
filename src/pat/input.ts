/** Checks what came from outside against a schema; the first thing wrong becomes INVALID_INPUT. */
import type * as z from 'zod';
import { praasError } from './errors.ts';

/** Takes a schema and anything, gives the parsed value. Throws INVALID_INPUT naming field, what was found, what is allowed. */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path ?? [];
  const found = path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], input);
  throw praasError('INVALID_INPUT', {
    field: path.join('.') || 'input',
    found: JSON.stringify(found) ?? 'missing',
    allowed: issue?.message ?? 'valid',
  });
}
