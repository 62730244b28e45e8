/** The output of `nft --json list table ip praas` → rules. Pure. */
import { endpointKey } from '../../pat/mapping/forward.ts';
import type { RuleCounters } from '../../pat/plan/changes.ts';
import type { PortInUse } from '../../pat/router/port-in-use.ts';
import { badOutput, parseJson } from '../../system/tool-errors.ts';
import { mappingIdIn } from '../comment.ts';
import type { DnatRule, FoundRule, MarkRule, Rule } from '../rules.ts';
import { ALLOWED, baseChains, type ChainName, FAMILY, MASQUERADED, OPEN, RULES, TABLE } from './layout.ts';
import { isOwnChain, MARKS, markOfChain, missingMarkChains, type NamedRule } from './marks.ts';
import type { ElementOperation, Statement } from './operation.ts';
import { tableOf } from './ruleset.ts';
import { isBeforeRouting, translationsOf } from './translations.ts';

const LISTED = 'nft --json list table';

interface Listing {
  readonly nftables: readonly {
    readonly map?: Container;
    readonly set?: Container;
    readonly chain?: { readonly name: string };
    readonly rule?: NamedRule;
  }[];
}

interface Container {
  readonly name: string;
  readonly elem?: readonly unknown[];
}

type Prefix = { readonly prefix: { readonly addr: string; readonly len: number } };
type Key = readonly ['tcp' | 'udp', string, number, (string | Prefix)?];

interface Element {
  readonly key: Key;
  readonly comment: string | undefined;
  readonly counters: RuleCounters | undefined;
  readonly server: readonly [string, number] | undefined;
  /** The chain to which an element of a verdict map goes. */
  readonly chain: string | undefined;
}

export interface TableContents {
  readonly found: readonly FoundRule<ElementOperation>[];
  readonly portsInUse: readonly PortInUse[];
  readonly missingBaseChains: readonly Statement[];
}

/** Takes the listing as text, gives the elements of praas, the ports that other elements take, and what makes the table whole. */
export function parseListing(output: string): TableContents {
  const { nftables } = parseJson(LISTED, output) as Listing;
  if (!Array.isArray(nftables)) throw badOutput(LISTED, output);
  const elements = new Map<string, Element[]>();
  for (const container of nftables.flatMap(({ map, set }) => map ?? set ?? [])) {
    elements.set(container.name, (container.elem ?? []).map(elementOf).filter(isReadable));
  }
  const dnat = [...(elements.get(OPEN) ?? []), ...(elements.get(ALLOWED) ?? [])];
  const rules = dnat.map((element) => [element, dnatRule(element)] as const);
  const byEndpoint = new Map(rules.map(([, rule]) => [endpointKey(rule), rule]));
  const masquerades = (elements.get(MASQUERADED) ?? []).map(
    (element) => [element, masqueradeRule(element, byEndpoint)] as const,
  );
  const marks = (elements.get(MARKS) ?? []).map((element) => [element, markRule(element)] as const);
  const all: (readonly [Element, Rule])[] = [...rules, ...masquerades, ...marks];
  return {
    found: all.flatMap(([element, rule]) => foundRule(element, rule)),
    portsInUse: [
      ...rules.flatMap(([element, rule]) => (mappingIdIn(element.comment) ? [] : [portInUse(rule)])),
      ...portsOfOtherRules(nftables),
    ],
    missingBaseChains: [...(isWhole(nftables) ? [] : baseChains()), ...missingMarks(nftables, marks)],
  };
}

/** The ports that rules of other programs in the chains of praas translate: these are flushed only when a mapping is added. */
function portsOfOtherRules(objects: Listing['nftables']): readonly PortInUse[] {
  const left = new Set<string>(Object.values(RULES).flatMap((rules) => rules.map(([name]) => name)));
  const others = objects.filter(({ rule }) => rule === undefined || !left.delete(rule.comment ?? ''));
  const table = tableOf({ nftables: others });
  const from = table.chains.filter((chain) => isOwnChain(chain) && isBeforeRouting(chain)).map(({ name }) => name);
  return translationsOf(table, from).portsInUse;
}

/** The part for address scopes is added with the first mapping that needs it; from then on it must be whole. */
function missingMarks(objects: Listing['nftables'], marks: readonly (readonly [Element, MarkRule])[]): Statement[] {
  if (!objects.some(({ map }) => map?.name === MARKS)) return [];
  const values = new Set(marks.flatMap(([{ comment }, { mark }]) => (mappingIdIn(comment) && mark > 0 ? [mark] : [])));
  return missingMarkChains(
    [...values],
    objects.flatMap(({ rule }) => rule ?? []),
  );
}

function foundRule({ comment, counters }: Element, rule: Rule): FoundRule<ElementOperation>[] {
  const mappingId = mappingIdIn(comment);
  return mappingId === undefined ? [] : [{ mapping_id: mappingId, rule, removal: { op: 'delete', rule }, counters }];
}

/** nft prints an element as a key or as a pair of key and value; a key with a comment or counter is wrapped in `elem`. */
function elementOf(raw: unknown): Element {
  const [key, value] = Array.isArray(raw) ? (raw as [unknown, unknown]) : [raw, undefined];
  const { elem } = key as { elem?: { val: unknown; comment?: string; counter?: RuleCounters } };
  return {
    key: ((elem?.val ?? key) as { concat: Key }).concat,
    comment: elem?.comment,
    counters: elem?.counter,
    server: (value as { concat?: readonly [string, number] } | undefined)?.concat,
    chain: (value as { goto?: { target: string } } | undefined)?.goto?.target,
  };
}

/**
 * True for an element that praas could have written. Elements of other programs may hold ranges and networks; they are left
 * out. The kernel refuses a key that one of them covers in the same map, and in no other: a network of theirs in `allowed` does
 * not prevent a mapping without allowed networks, because `open` is looked up first.
 */
function isReadable({ key, server }: Element): boolean {
  const [protocol, address, port, source] = Array.isArray(key) ? key : [];
  const isSource = source === undefined || typeof source === 'string' || typeof source.prefix === 'object';
  const isServer = server === undefined || (typeof server[0] === 'string' && typeof server[1] === 'number');
  return (
    typeof protocol === 'string' && typeof address === 'string' && typeof port === 'number' && isSource && isServer
  );
}

function dnatRule({ key, comment, server }: Element): DnatRule {
  const [protocol, gatewayIp, routerPort, source] = key;
  const [serverIp = '', serverPort = 0] = server ?? [];
  const mappingId = mappingIdIn(comment) ?? '';
  const common = {
    kind: 'dnat' as const,
    mapping_id: mappingId,
    protocol,
    gateway_ip: gatewayIp,
    router_port: routerPort,
    server_ip: serverIp,
    server_port: serverPort,
  };
  return { ...common, source: source === undefined ? undefined : cidrOf(source) };
}

/** A masquerade element has no server of its own: it belongs to the DNAT element of its endpoint, and is broken without one. */
function masqueradeRule({ key, comment }: Element, byEndpoint: ReadonlyMap<string, DnatRule>): Rule {
  const [protocol, gatewayIp, routerPort] = key;
  const { server_ip = '', server_port = 0 } =
    byEndpoint.get(endpointKey({ protocol, gateway_ip: gatewayIp, router_port: routerPort })) ?? {};
  const mappingId = mappingIdIn(comment) ?? '';
  return {
    kind: 'masquerade',
    mapping_id: mappingId,
    protocol,
    gateway_ip: gatewayIp,
    router_port: routerPort,
    server_ip,
    server_port,
  };
}

/** The mark is 0 for an element that goes to any other chain: no forward has that mark, so the element is replaced. */
function markRule({ key, comment, chain }: Element): MarkRule {
  const [protocol, gatewayIp, routerPort] = key;
  const mappingId = mappingIdIn(comment) ?? '';
  return {
    kind: 'mark',
    mapping_id: mappingId,
    protocol,
    gateway_ip: gatewayIp,
    router_port: routerPort,
    mark: markOfChain(chain ?? '') ?? 0,
  };
}

function cidrOf(source: string | Prefix): string {
  return typeof source === 'string' ? `${source}/32` : `${source.prefix.addr}/${source.prefix.len}`;
}

function portInUse(rule: DnatRule): PortInUse {
  const { protocol, gateway_ip, router_port } = rule;
  const text = `an element of table ${FAMILY} ${TABLE}: ${endpointKey(rule)} to ${rule.server_ip}:${rule.server_port}`;
  return { protocol, cidr: `${gateway_ip}/32`, first: router_port, last: router_port, kind: 'rule', text };
}

function isWhole(objects: Listing['nftables']): boolean {
  const names = new Set(objects.flatMap(({ map, set, chain }) => (map ?? set ?? chain)?.name ?? []));
  const hasAll = [OPEN, ALLOWED, MASQUERADED, ...Object.keys(RULES)].every((name) => names.has(name));
  const rules = objects.flatMap(({ rule }) => rule ?? []);
  return hasAll && (Object.keys(RULES) as ChainName[]).every((chain) => hasRules(chain, rules));
}

function hasRules(chain: ChainName, rules: readonly NamedRule[]): boolean {
  const found = rules.filter((rule) => rule.chain === chain).map(({ comment }) => comment);
  return found.join() === RULES[chain].map(([name]) => name).join();
}
