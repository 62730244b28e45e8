/** Operations → the text for nft. The only place of this backend where text is written. Pure. */
import { commentOf } from '../comment.ts';
import type { Rule } from '../rules.ts';
import { ALLOWED, FAMILY, MASQUERADED, OPEN, TABLE } from './layout.ts';
import { MARKS, markChains, marksOf, scopeChain } from './marks.ts';
import type { ElementOperation, Field, Hook, NftablesTransaction, Statement, StaticRule } from './operation.ts';

const PRAAS = `${FAMILY} ${TABLE}`;
/** Up to this number each element has its own statement, which is easier to read in a dry run and in an error. */
const MAX_STATEMENTS = 50;

const TYPES: Readonly<Record<Field, string>> = {
  protocol: 'inet_proto',
  address: 'ipv4_addr',
  port: 'inet_service',
  verdict: 'verdict',
};
/** What of a packet is looked up, in the order of the fields of an endpoint. */
const PACKET = 'meta l4proto . ip daddr . th dport';
const ORIGINAL = 'meta l4proto . ct original ip daddr . ct original proto-dst';
const BOTH_PROTOCOLS = 'meta l4proto { tcp, udp }';
/** The half of a mark that belongs to Neutron. */
const LOW_HALF = '0x0000ffff';

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
  if (statement.object === 'rule')
    return `${head} ${statement.chain} ${renderRule(statement.rule)} comment "${statement.name}"`;
  const body = bodyOf(statement);
  return `${head} ${statement.name}${body === undefined ? '' : ` { ${body} }`}`;
}

function bodyOf(statement: Statement & { readonly object: 'map' | 'set' | 'chain' }): string | undefined {
  if (statement.object === 'set') return `type ${typeOf(statement.key)};`;
  if (statement.object === 'map') {
    const { key, value, isInterval, hasCounters } = statement;
    const flags = `${isInterval ? ' flags interval;' : ''}${hasCounters ? ' counter;' : ''}`;
    return `type ${typeOf(key)} : ${typeOf(value)};${flags}`;
  }
  return statement.op === 'add' && statement.hook ? renderHook(statement.hook) : undefined;
}

function typeOf(fields: readonly Field[]): string {
  return fields.map((field) => TYPES[field]).join(' . ');
}

function renderHook({ type, at, priority, offset }: Hook): string {
  const sum = `${priority} ${offset < 0 ? '-' : '+'} ${Math.abs(offset)}`;
  return `type ${type} hook ${at} priority ${sum}; policy accept;`;
}

function renderRule(rule: StaticRule): string {
  if (rule.kind === 'mark') return `meta mark set meta mark & ${LOW_HALF} | 0x${rule.mark.toString(16)}`;
  if (rule.kind === 'masquerade') {
    return `meta l4proto ${rule.protocol} ct status dnat ${ORIGINAL} @${rule.set} masquerade`;
  }
  if (rule.kind === 'goto') return `${BOTH_PROTOCOLS} ${PACKET} vmap @${rule.map}`;
  const key = rule.key === 'endpoint' ? PACKET : `${PACKET} . ip saddr`;
  return `${BOTH_PROTOCOLS} dnat ip to ${key} map @${rule.map}`;
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
