/** What one entry of the error catalogue is made of. */

/**
 * Usage: the request is not as it has to be. Invalid: what was asked cannot be. Unauthenticated, Forbidden: not for this
 * caller. NotFound, Conflict. Unavailable: try later. External: a tool, a file or a service failed.
 */
export type ErrorKind =
  | 'Usage'
  | 'Invalid'
  | 'Unauthenticated'
  | 'Forbidden'
  | 'NotFound'
  | 'Conflict'
  | 'Unavailable'
  | 'External';

export interface Entry<P> {
  readonly kind: ErrorKind;
  readonly message: (facts: P) => string;
  readonly next: (facts: P) => readonly string[];
  /** The facts as callers who see one project only may know them; left out: all of them. */
  readonly redact?: ((facts: P) => P) | undefined;
}

export const entry = <P>(
  kind: ErrorKind,
  message: (facts: P) => string,
  next: (facts: P) => readonly string[],
  redact?: (facts: P) => P,
): Entry<P> => ({ kind, message, next, redact });

/** For sentences. */
export const list = (items: readonly string[]): string => (items.length === 0 ? 'none' : items.join(', '));
