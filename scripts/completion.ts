// What both completions know beyond the manifest: what kind of thing a flag or an argument takes.
import { type CommandEntry, type Input, type Manifest, readPackage, shownOf, wordsOf } from './commands.ts';

/** How the IDs of a thing are listed: a command, and the column of it. */
export const LOOKUPS = {
  mapping: { command: 'pat list', column: 'ID' },
  router: { command: 'router list', column: 'Router ID' },
  token: { command: 'token list', column: 'ID' },
} as const;

export type Lookup = keyof typeof LOOKUPS;

/** What may follow: one of some words, a file, one of the IDs that there are, or any other text. */
export type Value =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'file' }
  | { readonly kind: 'lookup'; readonly lookup: Lookup }
  | { readonly kind: 'any' };

export function valueOf(input: Input, command: CommandEntry): Value {
  const lookup = input.name === 'id' && command.id.startsWith('pat:') ? 'mapping' : input.name;
  if (input.options) return { kind: 'words', words: input.options };
  if (/^(FILE|DIR|PATH)$/.test(input.helpValue ?? '') || /^(file|path|executable)$/.test(input.name))
    return { kind: 'file' };
  return lookup in LOOKUPS ? { kind: 'lookup', lookup: lookup as Lookup } : { kind: 'any' };
}

export interface Word {
  readonly word: string;
  readonly summary: string;
}

/** The words that can come first, and those that can follow the words of each topic. */
export function wordTree(manifest: Manifest): ReadonlyMap<string, readonly Word[]> {
  const { topics } = readPackage().oclif;
  const tree = new Map<string, Word[]>();
  for (const command of shownOf(manifest)) {
    const words = wordsOf(command).split(' ');
    for (const [depth, word] of words.entries()) {
      const prefix = words.slice(0, depth).join(' ');
      const below = tree.get(prefix) ?? [];
      tree.set(prefix, below);
      if (below.some((each) => each.word === word)) continue;
      const topic = topics[words.slice(0, depth + 1).join(':')]?.description;
      below.push({ word, summary: (depth === words.length - 1 ? command.summary : topic) ?? '' });
    }
  }
  return tree;
}
