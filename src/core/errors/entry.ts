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

/** For whom an error is shown. */
export interface Viewer {
  /** True for those who see the resources of all projects. */
  readonly seesAll: boolean;
  /** True for those who see the resources of that project (null: without a project). */
  sees(projectId: string | null): boolean;
  /** True where the policy allows that action. */
  allows(action: string): boolean;
}

/** Before authentication nobody is known, and is told nothing of the node. */
export const STRANGER: Viewer = { seesAll: false, sees: () => false, allows: () => false };

/** What stands for a fact that is the operator's. */
export const HIDDEN = 'see the log of the node';

export interface ErrorEntry<P> {
  readonly kind: ErrorKind;
  /** "What failed: why", with what was found and what is allowed. */
  readonly message: (facts: P) => string;
  /** The next step: an imperative sentence with a full stop. */
  readonly next: (facts: P) => readonly string[];
  /** The facts as this viewer may see them; left out: all of them are for everybody. */
  readonly redact?: ((facts: P, viewer: Viewer) => P) | undefined;
  /** The HTTP status, where HTTP has a more exact one than that of the kind. */
  readonly status?: number | undefined;
}

interface EntryOptions<P> extends Pick<ErrorEntry<P>, 'redact' | 'status'> {
  /** Facts that are the operator's, such as paths and outputs, with what stands for them; instead of `redact`. */
  readonly hidden?: Readonly<Record<string, unknown>> | undefined;
}

/** Gives the option that hides these facts from requesters of one project. */
export const hiding = (hidden: Readonly<Record<string, unknown>>): { readonly hidden: typeof hidden } => ({ hidden });

/** Creates an entry; its arguments are the fields of ErrorEntry, those that most errors leave out at the end. */
export const entry = <P>(
  kind: ErrorKind,
  message: (facts: P) => string,
  next: (facts: P) => readonly string[],
  { redact, status, hidden }: EntryOptions<P> = {},
): ErrorEntry<P> => {
  const hide = hidden && ((facts: P, { seesAll }: Viewer): P => (seesAll ? facts : { ...facts, ...hidden }));
  return { kind, message, next, redact: redact ?? hide, status };
};

/** Joins items for a message: `a, b`, or `none`. */
export const list = (items: readonly string[]): string => (items.length === 0 ? 'none' : items.join(', '));
