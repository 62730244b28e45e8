/** Operations → the text for nft. The only place of this backend where text is written. Pure. */
import { commentOf } from '../comment.ts';
import type { Rule } from '../rules.ts';
import { ALLOWED, FAMILY, MASQUERADED, OPEN, TABLE } from './layout.ts';
import { MARKS, markChains, marksOf, scopeChain } from './marks.ts';
import type { ElementOperation, NftablesTransaction, Statement } from './operation.ts';

const PRAAS = `${FAMILY} ${TABLE}`;
/** Up to this number each element has its own statement, which is easier to read in a dry run and in an error. */
const MAX_STATEMENTS = 50;

/** Gives the input of one run of nft, with the chains of the marks that its elements need. */
export function renderTransaction({ baseChains, removals, additions }: NftablesTransaction): string {
  const marks = marksOf(additions);
  const statements = marks.length > 0 ? [...baseChains, ...markChains(marks)] : baseChains;
  return [...statements.map(renderStatement), ...renderElements(removals), ...renderElements(additions), ''].join('\n');
}

/** Gives one line. */
function renderStatement(statement: Statement): string {
  const head = `${statement.op} ${statement.object} ${PRAAS}`;
  if (statement.object === 'table') return head;
  if (statement.object === 'rule') return `${head} ${statement.chain} ${statement.text} comment "${statement.name}"`;
  const body = bodyOf(statement);
  return `${head} ${statement.name}${body === undefined ? '' : ` { ${body} }`}`;
}

function bodyOf(statement: Statement & { readonly object: 'map' | 'set' | 'chain' }): string | undefined {
  if (statement.object !== 'chain') return statement.definition;
  return statement.op === 'add' ? statement.hook : undefined;
}

/**
 * `add element ip praas open { … }`, one for each element. Many elements are joined into one statement for each map, one element
 * a line: nft reads one statement of ten thousand elements in half the time of ten thousand statements.
 */
function renderElements(operations: readonly ElementOperation[]): string[] {
  if (operations.length <= MAX_STATEMENTS) {
    return operations.map((operation) => `${headOf(operation)} { ${elementOf(operation)} }`);
  }
  const groups = Map.groupBy(operations, headOf);
  return [...groups].map(([head, group]) => `${head} {\n${group.map(elementOf).join(',\n')}\n}`);
}

function headOf({ op, rule }: ElementOperation): string {
  return `${op} element ${PRAAS} ${containerOf(rule)}`;
}

/** `tcp . 203.0.113.10 . 4022 comment "praas:…" : 10.20.0.51 . 22`; to delete an element, its key is enough. */
function elementOf({ op, rule }: ElementOperation): string {
  const key = keyOf(rule);
  return op === 'delete' ? key : `${key} comment "${commentOf(rule.mapping_id)}"${valueOf(rule)}`;
}

function keyOf(rule: Rule): string {
  const endpoint = `${rule.protocol} . ${rule.gateway_ip} . ${rule.router_port}`;
  return rule.kind === 'dnat' && rule.source !== undefined ? `${endpoint} . ${rule.source}` : endpoint;
}

function valueOf(rule: Rule): string {
  if (rule.kind === 'masquerade') return '';
  return rule.kind === 'mark' ? ` : goto ${scopeChain(rule.mark)}` : ` : ${rule.server_ip} . ${rule.server_port}`;
}

function containerOf(rule: Rule): string {
  if (rule.kind === 'masquerade') return MASQUERADED;
  if (rule.kind === 'mark') return MARKS;
  return rule.source === undefined ? OPEN : ALLOWED;
}
