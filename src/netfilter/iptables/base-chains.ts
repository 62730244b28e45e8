/**
 * The chains of praas and the jumps to them: two in nat, and one in mangle where address scopes need it. Only the jumps change
 * a built-in chain. They are appended once, because Neutron's L3 agent deletes rules of built-in chains by their position: a
 * rule that another program inserts or deletes there at the wrong moment makes Neutron lose an update for good. Pure.
 */
import { type BaseChainOperation, POSTROUTING, PREROUTING, type RuleOperation, type Table } from './operation.ts';
import type { SavedRule, SavedTable } from './save.ts';

interface BaseChain {
  readonly chain: string;
  /** The built-in chain that jumps to it. */
  readonly hook: string;
}

const BEFORE_ROUTING: BaseChain = { chain: PREROUTING, hook: 'PREROUTING' };
const AFTER_ROUTING: BaseChain = { chain: POSTROUTING, hook: 'POSTROUTING' };

/** In mangle the jump has to be behind Neutron's rule that marks by interface; appended, it is. */
const BASE_CHAINS: Readonly<Record<Table, readonly BaseChain[]>> = {
  nat: [BEFORE_ROUTING, AFTER_ROUTING],
  mangle: [BEFORE_ROUTING],
};

/** Gives what adds the missing chains and jumps of a table; empty when none is missing. A jump at any position counts. */
export function missingBaseChains(table: Table, saved: SavedTable): BaseChainOperation[] {
  const base = BASE_CHAINS[table];
  const chains = base.filter(({ chain }) => !saved.chains.has(chain));
  const jumps = base.filter((each) => !saved.rules.some((rule) => isJumpTo(each, rule)));
  return [
    ...chains.map(({ chain }) => ({ table, chain, op: 'new-chain' as const })),
    ...jumps.map((each) => jumpOperation(table, 'append', each)),
  ];
}

/**
 * Gives what deletes the chains and jumps of a table. A chain with a rule in it stays, and so does one to which any other rule
 * jumps: another program uses it.
 */
export function baseChainRemovals(table: Table, saved: SavedTable): BaseChainOperation[] {
  return BASE_CHAINS[table].flatMap((each) => {
    const { chain } = each;
    const references = saved.rules.filter(({ words }) => words.includes(chain));
    const jumps = references.filter((rule) => isJumpTo(each, rule));
    const isUsed = saved.rules.some((rule) => rule.chain === chain) || jumps.length < references.length;
    if (isUsed || !saved.chains.has(chain)) return [];
    return [...jumps.map(() => jumpOperation(table, 'delete', each)), { table, chain, op: 'delete-chain' as const }];
  });
}

/** True when one of the operations changes a chain of another program, such as a built-in one. */
export function changesBuiltInChain(operations: readonly BaseChainOperation[]): boolean {
  return operations.some(({ chain }) => chain !== PREROUTING && chain !== POSTROUTING);
}

function jumpOperation(table: Table, op: RuleOperation['op'], { chain, hook }: BaseChain): RuleOperation {
  return { table, chain: hook, op, spec: { kind: 'jump', chain } };
}

function isJumpTo({ chain, hook }: BaseChain, rule: SavedRule): boolean {
  const [option, target, ...more] = rule.words;
  return rule.chain === hook && option === '-j' && target === chain && more.length === 0;
}
