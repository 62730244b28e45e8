/**
 * A transaction in the parts in which it is committed. iptables-restore commits table by table, and praas has rules in two.
 * Marks come before the DNAT rules that need them and go after them, so a transaction that is cut short leaves a mark without
 * effect, and never DNAT whose packets Neutron drops. Pure.
 */
import type { BaseChainOperation, IptablesTransaction, RuleOperation, Table } from './operation.ts';

/** What is committed as one. */
export interface Section {
  readonly table: Table;
  readonly baseChains: readonly BaseChainOperation[];
  readonly rules: readonly RuleOperation[];
}

/** Gives the sections of a transaction in the order in which they must be committed; none is empty. */
export function sectionsOf({ baseChains, removals, additions }: IptablesTransaction): Section[] {
  const sections: Section[] = [
    { table: 'mangle', baseChains: inTable('mangle', baseChains), rules: inTable('mangle', additions) },
    {
      table: 'nat',
      baseChains: inTable('nat', baseChains),
      rules: [...inTable('nat', removals), ...inTable('nat', additions)],
    },
    { table: 'mangle', baseChains: [], rules: inTable('mangle', removals) },
  ];
  return sections.filter((section) => section.baseChains.length + section.rules.length > 0);
}

/**
 * Gives the section that reverts the rules of a committed one. Deleted rules are appended in their order: unmanaged rules are
 * among them, and of two for one port the first wins. Its chains and jumps stay, because they have no effect by themselves.
 */
export function inverseOf({ table, rules }: Section): Section {
  const swapped = (from: RuleOperation['op'], op: RuleOperation['op']): RuleOperation[] =>
    rules.filter((rule) => rule.op === from).map((rule) => ({ ...rule, op }));
  return { table, baseChains: [], rules: [...swapped('append', 'delete'), ...swapped('delete', 'append')] };
}

function inTable<O extends BaseChainOperation>(table: Table, operations: readonly O[]): O[] {
  return operations.filter((operation) => operation.table === table);
}
