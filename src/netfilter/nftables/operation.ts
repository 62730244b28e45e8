/** What nft is to do with the table of praas; render.ts writes it. Pure. */
import type { Transaction } from '../backend.ts';
import type { Rule } from '../rules.ts';

/** On the table itself and on what every mapping needs in it: its maps, its set, and its chains with their rules. */
export type Statement =
  | { readonly op: 'add' | 'delete'; readonly object: 'table' }
  | { readonly op: 'add'; readonly object: 'map' | 'set'; readonly name: string; readonly definition: string }
  | { readonly op: 'add'; readonly object: 'chain'; readonly name: string; readonly hook?: string }
  | { readonly op: 'flush'; readonly object: 'chain'; readonly name: string }
  | {
      readonly op: 'add';
      readonly object: 'rule';
      readonly chain: string;
      readonly name: string;
      readonly text: string;
    };

/** On one rule of a forward, which is an element of a map or set. */
export interface ElementOperation {
  readonly op: 'add' | 'delete';
  readonly rule: Rule;
}

export type NftablesTransaction = Transaction<Statement, ElementOperation>;
