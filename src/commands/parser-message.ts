/** What is wrong with a command line, from oclif's parser: in our words, with a guess at what was meant. */
import { stripVTControlCharacters } from 'node:util';
import { nearest } from '../core/values/nearest.ts';

export interface UsageMessage {
  readonly message: string;
  readonly next_steps: readonly string[];
}

export const HELP = 'Run with --help for usage.';

/** oclif's sentences, and ours. */
const WORDINGS: readonly (readonly [RegExp, string])[] = [
  [/^Nonexistent flags?: (.*)$/, 'unknown option $1'],
  [/^Missing required flag (\S+)$/, '--$1 is required'],
  [/^Flag (--\S+) expects a value$/, '$1 requires a value'],
  [/^Flag (--\S+) expects one of these values: (.*)$/, '$1 requires a value: $2'],
  [/^Flag (--\S+) can only be specified once$/, '$1 is given more than once'],
  [/^Expected (--[^\s=]+)=(.*) to be one of: (.*)$/, '$1: "$2" is not one of $3'],
  [/^Expected an integer .*: (.*)$/, '"$1" is not a whole number in the allowed range'],
  [/^(--[^\s=]+)(?:=.*)? cannot also be provided when using (--\S+)$/, '$1 and $2 exclude each other'],
  [/^All of the following must be provided when using (--\S+): (.*)$/, '$1 requires $2'],
  [/^Unexpected arguments?: (.*)$/, 'unexpected argument $1'],
];

/** Takes an error of oclif's parser. */
export function usageMessageOf(error: Error): UsageMessage {
  const lines = stripVTControlCharacters(error.message)
    .replace(/^Parsing --\S+ \n\t/, '')
    .replaceAll('\nSee more help with --help', '')
    .replace(/\n\nNote: [\s\S]*$/, '')
    .replace(/^The following errors? occurred:\n\s*/, '')
    .trimEnd();
  const missing = /^Missing \d+ required args?:\n([\s\S]*)$/.exec(lines)?.[1];
  const message = missing === undefined ? lines.split('\n').map(reworded).join('; ') : missingText(missing);
  return { message, next_steps: [...guessOf(error), HELP] };
}

function reworded(line: string): string {
  const text = line.trim();
  const [form, ours] = WORDINGS.find(([pattern]) => pattern.test(text)) ?? [];
  return form === undefined || ours === undefined ? text : text.replace(form, ours);
}

/** One argument in each line, its name first. */
function missingText(list: string): string {
  const names = list.split('\n').map((line) => line.trim().split(/\s/)[0]?.toUpperCase());
  return `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} required`;
}

/** Of an unknown option, the one that was probably meant. */
function guessOf(error: Error): readonly string[] {
  const { flags, parse } = error as { flags?: unknown; parse?: { input?: { flags?: object } } };
  const [unknown] = Array.isArray(flags) ? flags.map(String) : [];
  if (unknown === undefined || !unknown.startsWith('--')) return [];
  const known = Object.keys(parse?.input?.flags ?? {});
  const word = unknown.slice(2);
  const meant = known.find((name) => name.startsWith(word)) ?? nearest(word, known);
  return meant === undefined ? [] : [`Did you mean --${meant}?`];
}
