/** Reads the output of iptables-save. Pure, and knows nothing of mappings. */

export interface SavedRule {
  readonly chain: string;
  /** The rule as saved, without `-A <chain> `. */
  readonly text: string;
  /** The same, split into words with the quotes resolved. */
  readonly words: readonly string[];
}

export interface SavedTable {
  readonly chains: ReadonlySet<string>;
  readonly rules: readonly SavedRule[];
}

const CHAIN = /^:(\S+) /;
const RULE = /^-A (\S+) (.*)$/;
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
    const [, ruleChain, text] = RULE.exec(line) ?? [];
    if (ruleChain !== undefined && text !== undefined) rules.push({ chain: ruleChain, text, words: wordsOf(text) });
  }
  return { chains, rules };
}

/** Splits as iptables-restore does: words between blanks, double quotes keep blanks, a backslash keeps what follows. */
export function wordsOf(text: string): string[] {
  return [...text.matchAll(WORD)].map(([, quoted, plain]) => quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '');
}
