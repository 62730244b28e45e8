/** What one entry of the error catalogue is made of. */

/**
 * Invalid: what was asked cannot be. Unauthenticated, Forbidden: not for this caller. NotFound, Conflict. Unavailable: try
 * later. External: a tool failed. Bug: ours.
 */
export type ErrorKind =
  | 'Invalid'
  | 'Unauthenticated'
  | 'Forbidden'
  | 'NotFound'
  | 'Conflict'
  | 'Unavailable'
  | 'External'
  | 'Bug';

export interface Entry<P> {
  readonly kind: ErrorKind;
  readonly message: (facts: P) => string;
  readonly next: (facts: P) => readonly string[];
}

export const entry = <P>(
  kind: ErrorKind,
  message: (facts: P) => string,
  next: (facts: P) => readonly string[],
): Entry<P> => ({
  kind,
  message,
  next,
});

/** For sentences. */
export const list = (items: readonly string[]): string => (items.length === 0 ? 'none' : items.join(', '));
