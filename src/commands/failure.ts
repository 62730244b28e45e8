/**
 * How an error ends a command line: the exit code, and the texts for people and programs. Exit codes: 0 success, 1 refused
 * or failed, 2 wrong usage, 128 and the signal number if interrupted. Nothing here prints.
 */

import { Errors } from '@oclif/core';
import { isPraasError } from '../core/errors/errors.ts';
import { messageOf } from '../core/errors/message-of.ts';
import { cleanedLines } from '../core/values/printable.ts';
import { colour } from './output/colour.ts';
import { HELP, usageMessageOf } from './parser-message.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const KILLED_BY_SIGNAL = 128;

const REPORT = 'This is a bug in praas. Run it again with DEBUG=1 for the stack trace, and report it.';

/** The command line is wrong. */
export class UsageError extends Errors.CLIError {
  /** The message as it was given: oclif decorates `message`. */
  readonly sentence: string;
  readonly nextSteps: readonly string[];

  constructor(sentence: string, nextSteps: readonly string[] = [HELP]) {
    super(sentence, { exit: EXIT_USAGE });
    this.sentence = sentence;
    this.nextSteps = nextSteps;
  }
}

/** An error as --json shows it. */
interface ErrorDocument {
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
  if (isPraasError(error, 'INTERRUPTED')) return exitCodeOfSignal(error.facts['signal_number']);
  if (isPraasError(error) && error.kind === 'Usage') return EXIT_USAGE;
  return error instanceof Errors.CLIError ? (error.oclif.exit ?? EXIT_FAILED) : EXIT_FAILED;
}

/** For stderr; empty if a command only ends with an exit code. */
export function failureText(error: unknown, env: NodeJS.ProcessEnv): string {
  if (error instanceof Errors.ExitError) return '';
  const { code, message, next_steps } = documentOf(error);
  const stack = code === 'BUG' && env['DEBUG'] && error instanceof Error ? error.stack : undefined;
  const text = cleanedLines(stack ?? message);
  const lines = [`${colour('red', 'Error:')} ${text}`, ...next_steps.map((step) => `  ${cleanedLines(step)}`)];
  return `${lines.join('\n')}\n`;
}

/** For stdout with --json; undefined if a command only ends with an exit code. */
export function failureJson(error: unknown): { readonly error: ErrorDocument } | undefined {
  return error instanceof Errors.ExitError ? undefined : { error: documentOf(error) };
}

function documentOf(error: unknown): ErrorDocument {
  if (isPraasError(error)) {
    const { code, message, nextSteps: next_steps, facts } = error;
    return { code, message, next_steps, facts };
  }
  if (error instanceof UsageError) {
    return { code: 'USAGE', message: error.sentence, next_steps: error.nextSteps, facts: {} };
  }
  if (error instanceof Errors.CLIError) {
    return { code: 'USAGE', ...usageMessageOf(error), facts: {} };
  }
  const message = messageOf(error);
  return { code: 'BUG', message, next_steps: [REPORT], facts: {} };
}
