/**
 * Runs one command line from its first word to its exit code, for the executable and for bin/run.js alike. oclif finds and
 * runs the command; this file prints the error, in one form for all commands. The process is never ended from within: it
 * ends by itself once everything is written.
 */
import { Config, type Interfaces, run } from '@oclif/core';
import { exitCodeOf, failureJson, failureText, type UsageError } from './failure.ts';
import { watchOutput } from './output/watch-output.ts';
import { LOADERS } from './table.ts';
import { isUnknownCommand, misplacedWord, unknownCommand } from './unknown-command.ts';

/** Takes the words behind `praas` and where oclif finds the commands. Never throws; sets the exit code. */
export async function runCommandLine(args: readonly string[], options: Interfaces.LoadOptions): Promise<void> {
  watchOutput();
  try {
    const mistake = misplacedWord(wordsOf(args), Object.keys(LOADERS));
    if (mistake !== undefined) throw mistake;
    await run(wordsOf(args), options);
  } catch (error) {
    const failure = isUnknownCommand(error) ? await unknownCommandError(wordsOf(args), options) : error;
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

function isJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end === -1 ? args : args.slice(0, end)).includes('--json');
}

function printJson(value: unknown): void {
  if (value !== undefined) process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

async function unknownCommandError(words: readonly string[], options: Interfaces.LoadOptions): Promise<UsageError> {
  const { bin, commands } = await Config.load(options);
  const ids = commands.filter(({ hidden }) => !hidden).map(({ id }) => id.split(':'));
  return unknownCommand(words, bin, ids);
}
