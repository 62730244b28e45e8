/**
 * Errors as values of catalogues. A catalogue has one entry per code: its kind, its message made from facts, and the next step.
 * `errorsOf` gives the functions that create and recognise the errors of one catalogue; each product has one catalogue.
 */
import type { ErrorEntry, ErrorKind, Viewer } from './entry.ts';

/** Codes with their entries. Codes are unique over all catalogues of the executable. */
// biome-ignore lint/suspicious/noExplicitAny: facts differ by entry, and a parameter's type only narrows
export type Catalogue = Readonly<Record<string, ErrorEntry<any>>>;
export type CodeOf<E extends Catalogue> = keyof E & string;
export type FactsOf<E extends Catalogue, C extends CodeOf<E>> = Parameters<E[C]['message']>[0];

type UnknownFacts = Readonly<Record<string, unknown>>;

interface PraasErrorParts<C extends string, F> {
  readonly code: C;
  readonly kind: ErrorKind;
  readonly message: string;
  readonly nextSteps: readonly string[];
  readonly facts: F;
  /** The HTTP status of its catalogue entry; left out: that of the kind. */
  readonly status?: number | undefined;
  /** The same error for that viewer; left out where everybody may see all facts. */
  readonly redacted?: ((viewer: Viewer) => PraasError<C, F>) | undefined;
}

/** An error of a catalogue: what failed and why, and the next step. `facts` are for programs. */
export class PraasError<C extends string = string, F = UnknownFacts> extends Error {
  override readonly name = 'PraasError';
  readonly code: C;
  readonly kind: ErrorKind;
  readonly nextSteps: readonly string[];
  readonly facts: F;
  /** The HTTP status of its catalogue entry; undefined: that of the kind. */
  readonly status: number | undefined;
  readonly #redacted: ((viewer: Viewer) => PraasError<C, F>) | undefined;

  /** `cause` is for logs; it is never shown to users. */
  constructor(parts: PraasErrorParts<C, F>, cause?: unknown) {
    const { code, kind, message, nextSteps, facts, status, redacted } = parts;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.kind = kind;
    this.nextSteps = nextSteps;
    this.facts = facts;
    this.status = status;
    this.#redacted = redacted;
  }

  /** The error without the facts that the viewer may not see; itself, where these are all. */
  redacted(viewer: Viewer): PraasError<C, F> {
    return this.#redacted?.(viewer) ?? this;
  }
}

/** The functions that create and recognise the errors of one catalogue. */
export interface Errors<E extends Catalogue> {
  /** Creates the error of that code from its facts. */
  readonly praasError: <C extends CodeOf<E>>(
    code: C,
    facts: FactsOf<E, C>,
    cause?: unknown,
  ) => PraasError<C, FactsOf<E, C>>;
  readonly isPraasError: {
    /** True for an error of any catalogue. */
    (error: unknown): error is PraasError;
    /** True for an error of one of these codes. */
    <C extends CodeOf<E>>(error: unknown, ...codes: readonly C[]): error is PraasError<C, FactsOf<E, C>>;
  };
}

/** Takes a catalogue, gives the functions for its errors. */
export function errorsOf<const E extends Catalogue>(entries: E): Errors<E> {
  function isPraasError(error: unknown, ...codes: readonly string[]): boolean {
    // By name, because each script of the executable has its own copy of the class.
    if (!(error instanceof Error) || error.name !== 'PraasError') return false;
    return codes.length === 0 || codes.includes((error as PraasError).code);
  }
  function praasError<C extends CodeOf<E>>(
    code: C,
    facts: FactsOf<E, C>,
    cause?: unknown,
  ): PraasError<C, FactsOf<E, C>> {
    const entry = entries[code];
    if (entry === undefined) throw new Error(`no entry ${code} in this catalogue`);
    const { kind, message, next, redact, status } = entry;
    const redacted =
      redact &&
      ((viewer: Viewer): PraasError<C, FactsOf<E, C>> => {
        const seen = redact(facts, viewer) as FactsOf<E, C>;
        return seen === facts ? error : praasError(code, seen, cause);
      });
    const text = { message: message(facts), nextSteps: next(facts) };
    const error = new PraasError({ code, kind, ...text, facts, status, redacted }, cause);
    return error;
  }
  return { praasError, isPraasError: isPraasError as Errors<E>['isPraasError'] };
}
