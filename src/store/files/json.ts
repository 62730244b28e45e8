/** Stored JSON that may be damaged. */
import { praasError } from '../../core/errors/errors.ts';

/** Undefined for what is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The error of a file that cannot be what praas wrote. Nothing has been moved. */
export function damaged(path: string, reason: string): Error {
  return praasError('STORE_DAMAGED', { path, reason, aside: undefined });
}
