/** Damage of stored files. */
import { praasError } from '../../core/errors/errors.ts';

/** Gives the error for a file that is not what praas wrote, and that was not moved. */
export function damaged(path: string, reason: string): Error {
  return praasError('STORE_DAMAGED', { path, reason, aside: undefined });
}
