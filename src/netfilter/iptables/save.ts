/** The output of iptables-save → tables, chains and the rules of any program. Pure. */
import type { RuleCounters } from '../../pat/plan/changes.ts';

export interface SavedRule {
  readonly chain: string;
  /** The rule as printed, without `-A <chain> `. */
  readonly text: string;
  /** The same as words, without the quotes. */
  readonly words: readonly string[];
  /** Undefined when the output has none. */
  readonly counters?: RuleCounters | undefined;
}

export interface SavedTable {
  readonly chains: ReadonlySet<string>;
  readonly rules: readonly SavedRule[];
}

/** The word behind each option. */
export type Options = ReadonlyMap<string, string>;

const CHAIN = /^:(\S+) /;
const RULE = /^(?:\[(?<packets>\d+):(?<bytes>\d+)\] )?-A (?<chain>\S+) (?<text>.*)$/;
const WORD = /"((?:[^"\\]|\\.)*)"|(\S+)/g;

/** Takes the whole output of iptables-save, gives one of its tables; an empty one when the output does not have it. */
export function parseSavedTable(output: string, table: string): SavedTable {
  const chains = new Set<string>();
  const rules: SavedRule[] = [];
  let isInside = false;
  for (const line of output.split('\n')) {
    if (line.startsWith('*')) isInside = line === `*${table}`;
    if (!isInside) continue;
    const [, chain] = CHAIN.exec(line) ?? [];
    if (chain !== undefined) chains.add(chain);
    const rule = savedRule(line);
    if (rule !== undefined) rules.push(rule);
  }
  return { chains, rules };
}

function savedRule(line: string): SavedRule | undefined {
  const { chain, text, packets, bytes } = RULE.exec(line)?.groups ?? {};
  if (chain === undefined || text === undefined) return undefined;
  const counters = packets === undefined ? undefined : { packets: Number(packets), bytes: Number(bytes) };
  return { chain, text, words: wordsOf(text), counters };
}

/** Splits a rule as iptables-restore does: at blanks, but not within double quotes; a backslash escapes the next character. */
export function wordsOf(text: string): string[] {
  return [...text.matchAll(WORD)].map(([, quoted, plain]) => quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '');
}

/** Gives every word of a rule that starts with a dash, with the word behind it. */
export function optionsOf(words: readonly string[]): Options {
  return new Map(
    words.flatMap((word, index) => (word.startsWith('-') ? [[word, words[index + 1] ?? ''] as const] : [])),
  );
}

/** Gives a rule as iptables-save shows it, which is also how it is shown to people. */
export function shownText({ chain, text }: SavedRule): string {
  return `-A ${chain} ${text}`;
}
