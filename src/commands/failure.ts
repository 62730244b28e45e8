/**
 * How an error ends a command line: the exit code, and what people and programs are told. Exit codes: 0 done, 1 refused or
 * failed, 2 wrong usage, 128 and the signal's number when interrupted. Nothing here prints.
 */

import { stripVTControlCharacters } from 'node:util';
import { Errors } from '@oclif/core';
import { isPraasError } from '../core/errors/errors.ts';
import { messageOf } from '../core/errors/message-of.ts';
import { colour } from './output/colour.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const KILLED_BY_SIGNAL = 128;

const HELP = 'See more help with --help';
const REPORT = 'This is a mistake of praas. DEBUG=1 in the environment shows where it happened.';

/** What is asked for cannot be asked for like that. */
export class UsageError extends Errors.CLIError {
  /** The message as it was given: oclif puts words around `message`. */
  readonly sentence: string;
  readonly next_steps: readonly string[];

  constructor(sentence: string, next_steps: readonly string[] = [HELP]) {
    super(sentence, { exit: EXIT_USAGE });
    this.sentence = sentence;
    this.next_steps = next_steps;
  }
}

interface Told {
  readonly code: string;
  readonly message: string;
  readonly next_steps: readonly string[];
  readonly facts: object;
}

/** The exit code of a process that was asked to end by the signal with that number. */
export function exitCodeOfSignal(number: number): number {
  return KILLED_BY_SIGNAL + number;
}

export function exitCodeOf(error: unknown): number {
  if (isPraasError(error, 'INTERRUPTED')) return exitCodeOfSignal(Number(error.facts['signal_number']));
  if (isPraasError(error) && error.kind === 'Usage') return EXIT_USAGE;
  return error instanceof Errors.CLIError ? (error.oclif.exit ?? EXIT_FAILED) : EXIT_FAILED;
}

/** For stderr; empty when a command only wanted to end with an exit code. */
export function failureText(error: unknown, env: NodeJS.ProcessEnv): string {
  if (error instanceof Errors.ExitError) return '';
  const { code, message, next_steps } = told(error);
  const stack = code === 'BUG' && env['DEBUG'] && error instanceof Error ? error.stack : undefined;
  const lines = [`${colour('red', 'Error:')} ${stack ?? message}`, ...next_steps.map((step) => `  ${step}`)];
  return `${lines.join('\n')}\n`;
}

/** For stdout, with --json; undefined when a command only wanted to end with an exit code. */
export function failureJson(error: unknown): { readonly error: Told } | undefined {
  return error instanceof Errors.ExitError ? undefined : { error: told(error) };
}

function told(error: unknown): Told {
  if (isPraasError(error)) {
    const { code, message, nextSteps: next_steps, facts } = error;
    return { code, message, next_steps, facts };
  }
  if (error instanceof UsageError) {
    return { code: 'USAGE', message: error.sentence, next_steps: error.next_steps, facts: {} };
  }
  if (error instanceof Errors.CLIError) {
    return { code: 'USAGE', message: withoutTrimmings(error.message), next_steps: [HELP], facts: {} };
  }
  const message = messageOf(error);
  return { code: 'BUG', message, next_steps: [REPORT], facts: {} };
}

/** What oclif's parser says, without its colours, its hints (we have our own) and its heading over a single line. */
function withoutTrimmings(message: string): string {
  const plain = stripVTControlCharacters(message)
    .replace(/^Parsing --\S+ \n\t/, '')
    .replaceAll(`\n${HELP}`, '')
    .replace(/\n\nNote: [\s\S]*$/, '')
    .replace(/^The following errors? occurred:\n\s*/, '');
  return plain.trimEnd();
}
