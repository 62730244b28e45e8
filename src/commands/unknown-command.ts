/** What a command line says that names no command: which word is wrong, and what was probably meant. Pure. */
import { Errors } from '@oclif/core';
import { nearest } from '../core/values/nearest.ts';
import { UsageError } from './failure.ts';

/** True for the error of oclif that a command line names no command: it has no class and no field of its own. */
export function isUnknownCommand(error: unknown): boolean {
  return error instanceof Errors.CLIError && /^command .* not found$/s.test(error.message);
}

/** Options of every command, which have no value. */
const SWITCHES = /^(--(?:help|json|version))=/;

/**
 * What oclif would pass over, or call something else: a value of an option that has none, an option where the command should be, an
 * empty word in the place of a command. `ids` have colons between their words.
 */
export function misplacedWord(words: readonly string[], ids: readonly string[]): UsageError | undefined {
  const [first = ''] = words;
  const options = words.slice(0, words.includes('--') ? words.indexOf('--') : words.length);
  const valued = options.map((word) => SWITCHES.exec(word)?.[1]).find((name) => name !== undefined);
  if (valued !== undefined) return new UsageError(`${valued} takes no value`);
  if (first.startsWith('-') && !['--help', '-h', '--version'].includes(first))
    return new UsageError(`a command is required before ${first}`);
  const empty = words.indexOf('');
  const before = words.slice(0, Math.max(0, empty));
  const isInCommand = empty !== -1 && !before.some((word) => word.startsWith('-'));
  const isBehind = before.some((_word, index) => ids.includes(before.slice(0, index + 1).join(':')));
  return isInCommand && !isBehind ? new UsageError('a command is required, found an empty word') : undefined;
}

/**
 * Takes the words of the command line, the name of the executable, and the commands as lists of words. The error names the first
 * word that leads to no command, and the words that could stand there; a word after a whole command is an unexpected argument.
 */
export function unknownCommand(words: readonly string[], bin: string, ids: readonly (readonly string[])[]): UsageError {
  const depth = depthOf(words, ids);
  const known = wordsBelow(words.slice(0, depth), ids);
  const word = words[depth] ?? '';
  if (known.length === 0) return new UsageError(`unexpected argument ${word}`);
  const where = [bin, ...words.slice(0, depth)].join(' ');
  const meant = nearest(word, known);
  const guesses = meant === undefined ? namesakes(word, ids).map((id) => `${bin} ${id}`) : [`${where} ${meant}`];
  return new UsageError(`unknown command ${JSON.stringify(`${where} ${word}`)} (commands: ${known.join(', ')})`, [
    ...(guesses.length === 0 ? [] : [`Did you mean ${guesses.map((each) => `\`${each}\``).join(' or ')}?`]),
    `Run ${where} --help for usage.`,
  ]);
}

/** How many of the words lead to a command. */
function depthOf(words: readonly string[], ids: readonly (readonly string[])[]): number {
  const wrong = words.findIndex((word, index) => !wordsBelow(words.slice(0, index), ids).includes(word));
  return wrong === -1 ? words.length : wrong;
}

function wordsBelow(prefix: readonly string[], ids: readonly (readonly string[])[]): string[] {
  const below = ids.filter((id) => prefix.every((word, index) => id[index] === word));
  return [...new Set(below.flatMap((id) => id[prefix.length] ?? []))];
}

/** The commands whose last word is nearly this one, where the topic in front of it is missing. */
function namesakes(word: string, ids: readonly (readonly string[])[]): readonly string[] {
  const inTopics = ids.filter((id) => id.length > 1);
  const meant = nearest(word, [...new Set(inTopics.flatMap((id) => id.at(-1) ?? []))]);
  return meant === undefined ? [] : inTopics.filter((id) => id.at(-1) === meant).map((id) => id.join(' '));
}
