/** What is wrong with a command line, from oclif's parser: in our words, with a guess at what was meant. */
import { stripVTControlCharacters } from 'node:util';
import { nearest } from '../core/values/nearest.ts';

interface UsageMessage {
  readonly message: string;
  readonly next_steps: readonly string[];
}

export const HELP = 'Run with --help for usage.';

/** What oclif's errors have beside their message; its classes are not exported. */
interface ParserError {
  /** Unknown options. */
  readonly flags?: readonly string[];
  /** Required arguments that are missing, or the texts of arguments that no command takes. */
  readonly args?: readonly (string | { readonly name: string })[];
  readonly parse?: { readonly input?: { readonly flags?: object } };
}

/** oclif's sentences, and ours. Only about values: what else it finds is in fields of its errors. */
const WORDINGS: readonly (readonly [RegExp, string])[] = [
  [/^Missing required flag (\S+)$/, '--$1 is required'],
  [/^Flag (--\S+) expects a value$/, '$1 requires a value'],
  [/^Flag (--\S+) expects one of these values: (.*)$/, '$1 requires a value: $2'],
  [/^Flag (--\S+) can only be specified once$/, '$1 is given more than once'],
  [/^Expected (--[^\s=]+)=(.*) to be one of: (.*)$/, '$1: "$2" is not one of $3'],
  [/^(--[^\s=]+)(?:=.*)? cannot also be provided when using (--\S+)$/, '$1 and $2 are mutually exclusive'],
  [/^All of the following must be provided when using (--\S+): (.*)$/, '$1 requires $2'],
];

/** Takes an error of oclif's parser. */
export function usageMessageOf(error: Error & ParserError): UsageMessage {
  const lines = stripVTControlCharacters(error.message)
    .replace(/^Parsing --\S+ \n\t/, '')
    .replaceAll('\nSee more help with --help', '')
    .replace(/\n\nNote: [\s\S]*$/, '')
    .replace(/^The following errors? occurred:\n\s*/, '')
    .trimEnd();
  const message = wordsMessage(error) ?? lines.split('\n').map(reworded).join('; ');
  return { message, next_steps: [...guessOf(error), HELP] };
}

function reworded(line: string): string {
  const text = line.trim();
  const [form, ours] = WORDINGS.find(([pattern]) => pattern.test(text)) ?? [];
  return form === undefined || ours === undefined ? text : text.replace(form, ours);
}

/** Of words that are unknown or missing; undefined for an error about a value. */
function wordsMessage({ flags = [], args = [] }: ParserError): string | undefined {
  if (flags.length > 0) return `unknown option ${flags.map(nameOf).join(', ')}`;
  const unexpected = args.filter((arg) => typeof arg === 'string');
  if (unexpected.length > 0) return `unexpected argument ${unexpected.join(', ')}`;
  const missing = args.flatMap((arg) => (typeof arg === 'string' ? [] : [arg.name.toUpperCase()]));
  return missing.length > 0 ? `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} required` : undefined;
}

/** An option without the value that it was given. */
function nameOf(option: string): string {
  return option.split('=')[0] ?? option;
}

/** Of an unknown option, the one that was probably meant. */
function guessOf({ flags = [], parse }: ParserError): readonly string[] {
  const [unknown] = flags.map(nameOf);
  if (unknown === undefined || !unknown.startsWith('--')) return [];
  const known = Object.keys(parse?.input?.flags ?? {});
  const word = unknown.slice(2);
  const meant = known.find((name) => name.startsWith(word)) ?? nearest(word, known);
  return meant === undefined ? [] : [`Did you mean --${meant}?`];
}
