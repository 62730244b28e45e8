/** What iptables-restore is to do, one value for each line of its input; render.ts writes them. Pure. */
import type { Transaction } from '../backend.ts';
import type { Rule } from '../rules.ts';

export const PREROUTING = 'custom-PREROUTING';
export const POSTROUTING = 'custom-POSTROUTING';

/** The tables in which praas has chains; a chain has the same name in both. */
export type Table = 'nat' | 'mangle';

/** What a rule matches and does: a rule of praas, a jump to one of its chains, or a rule as iptables-save prints it. */
export type RuleSpec =
  | Rule
  | { readonly kind: 'jump'; readonly chain: string }
  | { readonly kind: 'saved'; readonly text: string };

export interface RuleOperation {
  readonly table: Table;
  readonly chain: string;
  readonly op: 'append' | 'delete';
  readonly spec: RuleSpec;
}

interface ChainOperation {
  readonly table: Table;
  readonly chain: string;
  readonly op: 'new-chain' | 'delete-chain';
}

/** On the chains of praas and the jumps to them. */
export type BaseChainOperation = ChainOperation | RuleOperation;

export type IptablesTransaction = Transaction<BaseChainOperation, RuleOperation>;

/** Gives the operation on one rule of praas, in the table and chain to which it belongs. */
export function ruleOperation(op: RuleOperation['op'], rule: Rule): RuleOperation {
  return { table: tableOf(rule), chain: chainOf(rule), op, spec: rule };
}

/** The table to which a rule belongs. */
export function tableOf({ kind }: Rule): Table {
  return kind === 'mark' ? 'mangle' : 'nat';
}

/** The chain to which a rule belongs. */
export function chainOf({ kind }: Rule): string {
  return kind === 'masquerade' ? POSTROUTING : PREROUTING;
}
