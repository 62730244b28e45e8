/** Errors of the operating system in its own words. */
import { getSystemErrorMessage } from 'node:util';
import { messageOf } from './message-of.ts';

/**
 * Gives `permission denied` for an error of the system, without the code and the path that Node puts into its message; any other
 * error's message.
 */
export function errnoText(error: unknown): string {
  const { errno, errors } = (error ?? {}) as { readonly errno?: unknown; readonly errors?: readonly unknown[] };
  if (typeof errno === 'number' && errno < 0) return getSystemErrorMessage(errno);
  // Node tries all addresses of a host, and gives one AggregateError when all refused.
  return Array.isArray(errors) && errors.length > 0 ? errnoText(errors[0]) : messageOf(error);
}
