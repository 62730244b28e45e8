import type { RuleCounters } from '../../pat/plan/changes.ts';

export interface SavedRule {
  readonly chain: string;
  /** The rule as saved, without `-A <chain> `. */
  readonly text: string;
  /** The same, split into words with the quotes resolved. */
  readonly words: readonly string[];
  /** Undefined when it was saved without. */
  readonly counters?: RuleCounters | undefined;
}

export interface SavedTable {
  readonly chains: ReadonlySet<string>;
  readonly rules: readonly SavedRule[];
}

const CHAIN = /^:(\S+) /;
const RULE = /^(?:\[(?<packets>\d+):(?<bytes>\d+)\] )?-A (?<chain>\S+) (?<text>.*)$/;
const WORD = /"((?:[^"\\]|\\.)*)"|(\S+)/g;

/** Takes everything that iptables-save prints, gives one of its tables (empty when it is not there). */
export function parseSavedTable(output: string, table: string): SavedTable {
  const chains = new Set<string>();
  const rules: SavedRule[] = [];
  let inside = false;
  for (const line of output.split('\n')) {
    if (line.startsWith('*')) inside = line === `*${table}`;
    if (!inside) continue;
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

/** Splits as iptables-restore does: words between blanks, double quotes keep blanks, a backslash keeps what follows. */
export function wordsOf(text: string): string[] {
  return [...text.matchAll(WORD)].map(([, quoted, plain]) => quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '');
}
