/**
 * A forward as rules: the pieces that both backends put into the kernel and find there again. Pure. A new option of a
 * mapping is said here first, then in both backends.
 */
import { canonicalCidrs } from '../core/values/ipv4.ts';
import type { Forward, PublicEndpoint } from '../pat/mapping/forward.ts';
import type { ObservedForward, RuleCounters } from '../pat/plan/changes.ts';

interface ServerTarget {
  readonly mapping_id: string;
  readonly server_ip: string;
  readonly server_port: number;
}

/** Packets to the endpoint, from `source` (a network; undefined: from anywhere), are led to the server. */
export interface DnatRule extends PublicEndpoint, ServerTarget {
  readonly kind: 'translate';
  readonly source: string | undefined;
}

/** Connections that this mapping led to the server get the router's own address as their source. */
export interface MasqueradeRule extends PublicEndpoint, ServerTarget {
  readonly kind: 'masquerade';
}

/** Packets to the endpoint, from anywhere, carry the mark of the address scope that they pass into. */
export interface MarkRule extends PublicEndpoint {
  readonly kind: 'mark';
  readonly mapping_id: string;
  readonly mark: number;
}

export type Rule = DnatRule | MasqueradeRule | MarkRule;

/** A rule with our mark as it was found. `rule` is undefined when it is not as we write them. */
export interface FoundRule {
  readonly mapping_id: string;
  readonly rule: Rule | undefined;
  /** The line of a script that takes away exactly this one. */
  readonly removal: string;
  /** What it has counted; undefined where nothing counts. */
  readonly counters?: RuleCounters | undefined;
}

/**
 * Gives the rules of a forward: one translation per allowed network (one without source for everybody), then the masquerade,
 * then the mark.
 */
export function rulesOf(forward: Forward): Rule[] {
  const { mapping_id, protocol, gateway_ip, router_port, server_ip, server_port, scopeMark } = forward;
  const endpoint = { mapping_id, protocol, gateway_ip, router_port };
  const common = { ...endpoint, server_ip, server_port };
  const sources = forward.allowed_cidrs.length === 0 ? [undefined] : forward.allowed_cidrs;
  return [
    ...sources.map((source): Rule => ({ kind: 'translate', ...common, source })),
    ...(forward.masquerade ? [{ kind: 'masquerade' as const, ...common }] : []),
    ...(scopeMark === undefined ? [] : [{ kind: 'mark' as const, ...endpoint, mark: scopeMark }]),
  ];
}

/** One text for one rule: equal texts, equal rules. */
export function ruleKey(rule: Rule): string {
  const { kind, mapping_id, protocol, gateway_ip, router_port } = rule;
  const effect = rule.kind === 'mark' ? [rule.mark] : [rule.server_ip, rule.server_port];
  const source = rule.kind === 'translate' ? rule.source : '';
  return [kind, mapping_id, protocol, gateway_ip, router_port, ...effect, source].join(' ');
}

/** Takes all rules found with our mark, gives one entry per mapping id; `handle` is the list of removal lines. */
export function observedForwards(found: readonly FoundRule[]): ObservedForward[] {
  const groups = Map.groupBy(found, ({ mapping_id }) => mapping_id);
  return [...groups].map(([mapping_id, rules]) => {
    const counters = countersOf(rules);
    return {
      mapping_id,
      forward: wholeForward(rules.map(({ rule }) => rule)),
      handle: rules.map(({ removal }) => removal),
      ...(counters && { counters }),
    };
  });
}

/** All translations of a mapping together. What is masqueraded was translated before, and would count twice. */
function countersOf(rules: readonly FoundRule[]): RuleCounters | undefined {
  const counters = rules.flatMap(({ rule, counters }) => (rule?.kind === 'translate' && counters ? [counters] : []));
  if (counters.length === 0) return undefined;
  return counters.reduce((sum, { packets, bytes }) => ({ packets: sum.packets + packets, bytes: sum.bytes + bytes }));
}

/** The forward whose rules are exactly these, in any order, none twice; undefined when there is no such forward. */
function wholeForward(rules: readonly (Rule | undefined)[]): Forward | undefined {
  const translation = rules.find((rule) => rule?.kind === 'translate');
  if (translation === undefined || rules.includes(undefined)) return undefined;
  const { mapping_id, protocol, gateway_ip, router_port, server_ip, server_port } = translation;
  const sources = rules.flatMap((rule) => (rule?.kind === 'translate' && rule.source ? [rule.source] : []));
  const masquerade = rules.some((rule) => rule?.kind === 'masquerade');
  const forward: Forward = {
    mapping_id,
    protocol,
    gateway_ip,
    router_port,
    server_ip,
    server_port,
    allowed_cidrs: canonicalCidrs(sources),
    masquerade,
    scopeMark: rules.find((rule) => rule?.kind === 'mark')?.mark,
  };
  const expected = rulesOf(forward).map(ruleKey).toSorted();
  const actual = rules.map((rule) => (rule ? ruleKey(rule) : '')).toSorted();
  return expected.join('\n') === actual.join('\n') ? forward : undefined;
}
