/**
 * The part of the table for Neutron's address scopes, present only where a router needs it: a map from endpoints to one small
 * chain for each scope, which writes the scope into the high half of a packet's mark; the low half belongs to Neutron. (A map of
 * marks would overwrite it.) The hook is behind Neutron's marks by interface (mangle) and before all DNAT, so that every packet
 * still has the gateway address as its destination. Every statement may be applied again.
 */
import { ENDPOINT, FAMILY, RULES, TABLE } from './layout.ts';
import type { ElementOperation, Hook, Statement, StaticRule } from './operation.ts';
import type { Chain } from './ruleset.ts';

export const MARKS = 'marks';

const MARKING = 'marking';
const SCOPE_CHAIN = /^scope-([0-9a-f]+)$/;
const HOOK: Hook = { type: 'filter', at: 'prerouting', priority: 'mangle', offset: 10 };

/** A rule of a listing; its comment shows whether its chain is whole. */
export interface NamedRule {
  readonly chain: string;
  readonly comment?: string;
}

/** True for a base chain of praas. */
export function isOwnChain({ family, table, name }: Chain): boolean {
  return family === FAMILY && table === TABLE && (name in RULES || name === MARKING);
}

/** Gives the name of the chain that sets this mark. */
export function scopeChain(mark: number): string {
  return `scope-${mark.toString(16)}`;
}

/** Gives the mark that a chain of the listing sets; undefined when it is not a chain for a mark. */
export function markOfChain(name: string): number | undefined {
  const [, digits] = SCOPE_CHAIN.exec(name) ?? [];
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}

/** Gives the marks that these elements need, each once. */
export function marksOf(elements: readonly ElementOperation[]): number[] {
  return [...new Set(elements.flatMap(({ rule }) => (rule.kind === 'mark' ? [rule.mark] : [])))];
}

/** Gives what makes the map, the hook and the chains of these marks. */
export function markChains(marks: readonly number[]): Statement[] {
  return [
    { op: 'add', object: 'map', name: MARKS, key: ENDPOINT, value: ['verdict'] },
    ...chainWithRule({ op: 'add', object: 'chain', name: MARKING, hook: HOOK }, { kind: 'goto', map: MARKS }),
    ...marks.flatMap((mark) =>
      chainWithRule({ op: 'add', object: 'chain', name: scopeChain(mark) }, { kind: 'mark', mark }),
    ),
  ];
}

/** Takes the marks in use and the rules of a listing, gives what repairs this part; empty when it is whole. */
export function missingMarkChains(marks: readonly number[], rules: readonly NamedRule[]): Statement[] {
  const chains = [MARKING, ...marks.map(scopeChain)];
  const isWhole = chains.every((chain) => {
    const names = rules.filter((rule) => rule.chain === chain).map(({ comment }) => comment);
    return names.join() === ruleName(chain);
  });
  return isWhole ? [] : markChains(marks);
}

/** A chain with nothing but this rule. */
function chainWithRule(chain: Statement & { readonly object: 'chain' }, rule: StaticRule): Statement[] {
  const { name } = chain;
  return [
    chain,
    { op: 'flush', object: 'chain', name },
    { op: 'add', object: 'rule', chain: name, name: ruleName(name), rule },
  ];
}

function ruleName(chain: string): string {
  return `praas-${chain}-1`;
}
