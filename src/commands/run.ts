/**
 * Runs one command line from its first word to its exit code, for the executable and for bin/run.js alike. oclif finds and
 * runs the command; how it ends is said here, in one form for all. The process is never ended from within: it ends by
 * itself once everything is written.
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
    // An interrupted command has set its own.
    process.exitCode ??= exitCodeOf(failure);
  }
}

/** `praas help pat list` is `praas pat list --help`. */
function wordsOf([first, ...others]: readonly string[]): string[] {
  if (first === undefined) return [];
  return first === 'help' ? [...others, '--help'] : [first, ...others];
}

/** Who stops reading (`| head`) has enough: no reason to fail. Whoever cannot take our output (a full disk) is one. */
function watchOutput(): void {
  // oclif's own listener throws, which ends in a stack trace.
  process.stdout.removeAllListeners('error');
  const failed = (error: NodeJS.ErrnoException): void => {
    if (error.code === 'EPIPE') return;
    process.exitCode = 1;
    process.stderr.write(`Error: the output cannot be written: ${error.message}\n`);
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

/** Says which commands there are instead: those of the topic when the first word is one, else the first words. */
async function unknownCommand(words: readonly string[], options: Interfaces.LoadOptions): Promise<UsageError> {
  const { bin, commands } = await Config.load(options);
  const ids = commands.filter(({ hidden }) => !hidden).map(({ id }) => id.split(':'));
  const [first = '', second = '', third = ''] = words;
  const below = ids.flatMap(([topic, name]) => (topic === first && name !== undefined ? [name] : []));
  const top = [...new Set(ids.flatMap(([name]) => name ?? []))];
  if (below.includes(second)) return new UsageError(`Unexpected argument: ${third}`);
  if (below.length === 0 && top.includes(first)) return new UsageError(`Unexpected argument: ${second}`);
  const [where, word, known] = below.length > 0 ? [`${bin} ${first}`, second, below] : [bin, first, top];
  const meant = nearest(word, known);
  return new UsageError(`${where} has no command ${JSON.stringify(word)}; it has: ${known.join(', ')}`, [
    ...(meant === undefined ? [] : [`Did you mean \`${where} ${meant}\`?`]),
    `See more help with ${where} --help`,
  ]);
}
