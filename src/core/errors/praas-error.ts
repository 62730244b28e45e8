/**
 * Errors as values of catalogues. A catalogue has one entry per code: its kind, its sentence made from facts, and what to do
 * next. `errorsOf` gives what makes and recognises the errors of one catalogue; each product has one.
 */
import type { Entry, ErrorKind } from './entry.ts';

/** Codes with their entries. Codes are unique over all catalogues of the executable. */
// biome-ignore lint/suspicious/noExplicitAny: facts differ by entry, and a parameter's type only narrows
export type Catalogue = Readonly<Record<string, Entry<any>>>;
export type CodeOf<E extends Catalogue> = keyof E & string;
export type FactsOf<E extends Catalogue, C extends CodeOf<E>> = Parameters<E[C]['message']>[0];

type UnknownFacts = Readonly<Record<string, unknown>>;

export interface PraasErrorParts<C extends string, F> {
  readonly code: C;
  readonly kind: ErrorKind;
  readonly message: string;
  readonly next_steps: readonly string[];
  readonly facts: F;
  /** The same for callers who see one project only; left out where they may know all of it. */
  readonly redacted?: (() => PraasError<C, F>) | undefined;
}

/** An error of a catalogue: what happened, and what the reader can do. `facts` are for programs. */
export class PraasError<C extends string = string, F = UnknownFacts> extends Error {
  override readonly name = 'PraasError';
  readonly code: C;
  readonly kind: ErrorKind;
  readonly next_steps: readonly string[];
  readonly facts: F;
  readonly #redacted: (() => PraasError<C, F>) | undefined;

  /** `cause` is for logs, never for people. */
  constructor({ code, kind, message, next_steps, facts, redacted }: PraasErrorParts<C, F>, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.kind = kind;
    this.next_steps = next_steps;
    this.facts = facts;
    this.#redacted = redacted;
  }

  /** The error without what callers who see one project only may not know. */
  redacted(): PraasError<C, F> {
    return this.#redacted?.() ?? this;
  }
}

/** What makes and recognises the errors of one catalogue. */
export interface Errors<E extends Catalogue> {
  /** Makes the error of that code from its facts. */
  praasError<C extends CodeOf<E>>(code: C, facts: FactsOf<E, C>, cause?: unknown): PraasError<C, FactsOf<E, C>>;
  /** True for an error of any catalogue. */
  isPraasError(error: unknown): error is PraasError;
  /** True for an error of one of these codes. */
  isPraasError<C extends CodeOf<E>>(error: unknown, ...codes: readonly C[]): error is PraasError<C, FactsOf<E, C>>;
}

export function errorsOf<const E extends Catalogue>(entries: E): Errors<E> {
  function isPraasError(error: unknown, ...codes: readonly string[]): boolean {
    // By name: the executable's scripts each have a class of their own.
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
    const { kind, message, next, redact } = entry;
    const redacted = redact && (() => praasError(code, redact(facts) as FactsOf<E, C>, cause));
    return new PraasError({ code, kind, message: message(facts), next_steps: next(facts), facts, redacted }, cause);
  }
  return { praasError, isPraasError: isPraasError as Errors<E>['isPraasError'] };
}
