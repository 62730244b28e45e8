/**
 * A forward as rules: what both backends put into the kernel and find there again. Pure. A new option of a mapping is added
 * here first, then in both backends.
 */
import { canonicalCidrs } from '../core/values/ipv4.ts';
import type { Forward, PublicEndpoint } from '../pat/mapping/forward.ts';
import type { ObservedForward, RuleCounters } from '../pat/plan/changes.ts';

interface ServerTarget {
  readonly mapping_id: string;
  readonly server_ip: string;
  readonly server_port: number;
}

/** DNAT: packets to the endpoint from `source` (a network; undefined: any) get the server as their destination. */
export interface DnatRule extends PublicEndpoint, ServerTarget {
  readonly kind: 'dnat';
  readonly source: string | undefined;
}

/** MASQUERADE: connections that the DNAT of this mapping has changed get an address of the router as their source. */
export interface MasqueradeRule extends PublicEndpoint, ServerTarget {
  readonly kind: 'masquerade';
}

/** MARK: packets to the endpoint get the mark of the address scope into which they are forwarded. */
export interface MarkRule extends PublicEndpoint {
  readonly kind: 'mark';
  readonly mapping_id: string;
  readonly mark: number;
}

export type Rule = DnatRule | MasqueradeRule | MarkRule;

/** A rule with the comment of a mapping, as it was found. */
export interface FoundRule<Change = unknown> {
  readonly mapping_id: string;
  /** Undefined when it is not as praas writes it. */
  readonly rule: Rule | undefined;
  /** What deletes exactly this rule. */
  readonly removal: Change;
  /** What it has counted; undefined where nothing counts. */
  readonly counters?: RuleCounters | undefined;
}

/** All rules that were found with the comment of one mapping. */
interface FoundForward<Change = unknown> extends Omit<ObservedForward, 'handle'> {
  /** What deletes exactly these rules. */
  readonly removals: readonly Change[];
}

/** Gives the rules of a forward: one DNAT for each allowed network (one without source when there is none), MASQUERADE, MARK. */
export function rulesOf(forward: Forward): Rule[] {
  const { mapping_id, protocol, gateway_ip, router_port, server_ip, server_port, scopeMark } = forward;
  const endpoint = { mapping_id, protocol, gateway_ip, router_port };
  const common = { ...endpoint, server_ip, server_port };
  const sources = forward.allowed_cidrs.length === 0 ? [undefined] : forward.allowed_cidrs;
  return [
    ...sources.map((source): Rule => ({ kind: 'dnat', ...common, source })),
    ...(forward.masquerade ? [{ kind: 'masquerade' as const, ...common }] : []),
    ...(scopeMark === undefined ? [] : [{ kind: 'mark' as const, ...endpoint, mark: scopeMark }]),
  ];
}

/** One text for one rule: equal texts, equal rules. */
export function ruleKey(rule: Rule): string {
  const { kind, mapping_id, protocol, gateway_ip, router_port } = rule;
  const effect = rule.kind === 'mark' ? [rule.mark] : [rule.server_ip, rule.server_port];
  const source = rule.kind === 'dnat' ? rule.source : '';
  return [kind, mapping_id, protocol, gateway_ip, router_port, ...effect, source].join(' ');
}

/** Takes all rules that were found with the comment of a mapping, gives one entry for each mapping. */
export function foundForwards<Change>(found: readonly FoundRule<Change>[]): FoundForward<Change>[] {
  const groups = Map.groupBy(found, ({ mapping_id }) => mapping_id);
  return [...groups].map(([mapping_id, rules]) => {
    const counters = countersOf(rules);
    return {
      mapping_id,
      forward: wholeForward(rules.map(({ rule }) => rule)),
      removals: rules.map(({ removal }) => removal),
      ...(counters && { counters }),
    };
  });
}

/** The sum over all DNAT rules. A masqueraded packet has passed one of them before, and would count twice. */
function countersOf(rules: readonly FoundRule[]): RuleCounters | undefined {
  const counters = rules.flatMap(({ rule, counters: found }) => (rule?.kind === 'dnat' && found ? [found] : []));
  if (counters.length === 0) return undefined;
  return counters.reduce((sum, { packets, bytes }) => ({ packets: sum.packets + packets, bytes: sum.bytes + bytes }));
}

/** The forward whose rules are exactly these, in any order, none twice; undefined when there is no such forward. */
function wholeForward(rules: readonly (Rule | undefined)[]): Forward | undefined {
  const dnat = rules.find((rule) => rule?.kind === 'dnat');
  if (dnat === undefined || rules.includes(undefined)) return undefined;
  const { mapping_id, protocol, gateway_ip, router_port, server_ip, server_port } = dnat;
  const sources = rules.flatMap((rule) => (rule?.kind === 'dnat' && rule.source ? [rule.source] : []));
  const forward: Forward = {
    mapping_id,
    protocol,
    gateway_ip,
    router_port,
    server_ip,
    server_port,
    allowed_cidrs: canonicalCidrs(sources),
    masquerade: rules.some((rule) => rule?.kind === 'masquerade'),
    scopeMark: rules.find((rule) => rule?.kind === 'mark')?.mark,
  };
  const expected = rulesOf(forward).map(ruleKey).toSorted();
  const actual = rules.map((rule) => (rule ? ruleKey(rule) : '')).toSorted();
  return expected.join('\n') === actual.join('\n') ? forward : undefined;
}
