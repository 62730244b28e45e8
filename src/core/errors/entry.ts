/** One entry of an error catalogue. */

/**
 * Usage: the request is malformed. Invalid: the request is well-formed and cannot be carried out. Unauthenticated, Forbidden:
 * the requester is unknown, or may not do this. NotFound, Conflict. Unavailable: try again later. External: a tool, a file or a
 * service failed.
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

export interface ErrorEntry<P> {
  readonly kind: ErrorKind;
  /** "What failed: why", with what was found and what is allowed. */
  readonly message: (facts: P) => string;
  /** The next step: an imperative sentence with a full stop. */
  readonly next: (facts: P) => readonly string[];
  /** The facts as requesters of one project may see them; left out: all of them. */
  readonly redact?: ((facts: P) => P) | undefined;
  /** The HTTP status, where HTTP has a more exact one than that of the kind. */
  readonly status?: number | undefined;
}

/** Creates an entry; its arguments are the fields of ErrorEntry, those that most errors leave out at the end. */
export const entry = <P>(
  kind: ErrorKind,
  message: (facts: P) => string,
  next: (facts: P) => readonly string[],
  { redact, status }: Pick<ErrorEntry<P>, 'redact' | 'status'> = {},
): ErrorEntry<P> => ({ kind, message, next, redact, status });

/** Joins items for a message: `a, b`, or `none`. */
export const list = (items: readonly string[]): string => (items.length === 0 ? 'none' : items.join(', '));
