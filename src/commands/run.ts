/**
 * Runs one command line from its first word to its exit code, for the executable and for bin/run.js alike. oclif finds and
 * runs the command; this file prints the error, in one form for all commands. The process is never ended from within: it
 * ends by itself once everything is written.
 */
import { Config, Errors, type Interfaces, run } from '@oclif/core';
import { nearest } from '../core/values/nearest.ts';
import { exitCodeOf, failureJson, failureText, UsageError } from './failure.ts';

const NOT_FOUND = /^command \S+ not found\.?$/i;

/** Takes the words behind `praas` and where oclif finds the commands. Never throws; sets the exit code. */
export async function runCommandLine(args: readonly string[], options: Interfaces.LoadOptions): Promise<void> {
  watchOutput();
  try {
    await run(wordsOf(args), options);
  } catch (error) {
    const failure = isUnknownCommand(error) ? await unknownCommand(wordsOf(args), options) : error;
    if (isJson(args)) printJson(failureJson(failure));
    else process.stderr.write(failureText(failure, process.env));
    // An interrupted command has set its own exit code.
    process.exitCode ??= exitCodeOf(failure);
  }
}

/** `praas help token list` is `praas token list --help`. */
function wordsOf([first, ...others]: readonly string[]): string[] {
  if (first === undefined) return [];
  return first === 'help' ? [...others, '--help'] : [first, ...others];
}

/** A reader that stops (`| head`) is no reason to fail; output that cannot be written (a full disk) is one. */
function watchOutput(): void {
  // oclif's own listener throws, which ends in a stack trace.
  process.stdout.removeAllListeners('error');
  const failed = (error: NodeJS.ErrnoException): void => {
    if (error.code === 'EPIPE') return;
    process.exitCode = 1;
    process.stderr.write(`Error: cannot write the output: ${error.message}\n`);
  };
  process.stdout.on('error', failed);
  process.stderr.on('error', () => {
    process.exitCode ??= 1;
  });
}

function isJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end === -1 ? args : args.slice(0, end)).includes('--json');
}

function printJson(value: unknown): void {
  if (value !== undefined) process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

function isUnknownCommand(error: unknown): boolean {
  return error instanceof Errors.CLIError && NOT_FOUND.test(error.message);
}

/** Names the commands there are: those of the topic if the first word is one, else the first words. */
async function unknownCommand(words: readonly string[], options: Interfaces.LoadOptions): Promise<UsageError> {
  const { bin, commands } = await Config.load(options);
  const ids = commands.filter(({ hidden }) => !hidden).map(({ id }) => id.split(':'));
  const [first = '', second = '', third = ''] = words;
  const below = ids.flatMap(([topic, name]) => (topic === first && name !== undefined ? [name] : []));
  const top = [...new Set(ids.flatMap(([name]) => name ?? []))];
  if (below.includes(second)) return new UsageError(`unexpected argument ${third}`);
  if (below.length === 0 && top.includes(first)) return new UsageError(`unexpected argument ${second}`);
  const [where, word, known] = below.length > 0 ? [`${bin} ${first}`, second, below] : [bin, first, top];
  const meant = nearest(word, known);
  const guesses = meant === undefined ? namesakes(word, ids).map((id) => `${bin} ${id}`) : [`${where} ${meant}`];
  return new UsageError(`unknown command ${JSON.stringify(`${where} ${word}`)} (commands: ${known.join(', ')})`, [
    ...(guesses.length === 0 ? [] : [`Did you mean ${guesses.map((each) => `\`${each}\``).join(' or ')}?`]),
    `Run ${where} --help for usage.`,
  ]);
}

/** The commands whose last word is nearly this one, where the topic in front of it is missing. */
function namesakes(word: string, ids: readonly (readonly string[])[]): readonly string[] {
  const meant = nearest(word, [...new Set(ids.flatMap(([, name]) => name ?? []))]);
  return meant === undefined ? [] : ids.filter(([, name]) => name === meant).map((id) => id.join(' '));
}
