/**
 * Decides which unmanaged rules become mappings. A rule counts for what it does at its place: of several rules for one port
 * the first wins. The rules of a mapping come after all unmanaged rules that stay, so a rule is left as it is where one that
 * stays may match its packets. Pure.
 */
import type { NewId } from '../../core/ids.ts';
import { canonicalCidrs } from '../../core/values/ipv4.ts';
import { decideCreateMany } from '../change/decision.ts';
import type { Situation } from '../change/situation.ts';
import { endpointKey, type PublicEndpoint } from '../mapping/forward.ts';
import { isEffective, type Mapping, type NewMapping } from '../mapping/mapping.ts';
import type { Delta } from '../mapping/record.ts';
import type { ServerPort, UnmanagedDnatRule, UnmanagedMasqueradeRule, UnmanagedRule } from '../plan/unmanaged-rules.ts';
import { whyNotBehind } from '../router/facts.ts';
import { type PortInUse, portInUseAt } from '../router/port-in-use.ts';
import type { ImportReason } from './reasons.ts';
import type { ImportResult } from './result.ts';

/** What becomes of one unmanaged rule. */
export interface RuleDecision {
  /** The rule as its tool prints it. */
  readonly rule: string;
  readonly result: ImportResult;
  /** One mapping, or one for each gateway address that the rule matches. */
  readonly mappingIds: readonly string[];
  /** Why it is deleted or kept. */
  readonly reason: ImportReason | undefined;
}

export interface ImportDecision {
  readonly delta: Delta;
  /** IDs of the new mappings. */
  readonly ids: readonly string[];
  readonly rules: readonly RuleDecision[];
}

/** What all unmanaged rules for one endpoint do together. */
interface PublishedEndpoint {
  readonly endpoint: PublicEndpoint;
  readonly server: ServerPort;
  /** Empty: every source. */
  readonly allowedCidrs: readonly string[];
  readonly members: readonly UnmanagedDnatRule[];
  /** Rules that match no packet, because the members before them match all. */
  readonly shadowed: readonly UnmanagedDnatRule[];
  /** The mapping that does the same already. */
  readonly present: Mapping | undefined;
}

/** Rules that stay, with the reason. */
type LeftRules = Map<UnmanagedRule, ImportReason>;

const MAX_NETWORKS = 256;

/** Decides nothing where the router is not on this node. */
export function decideImport(situation: Situation, newId: NewId): ImportDecision {
  const { record, router } = situation;
  const unmanagedRules = router?.unmanagedRules ?? [];
  const left: LeftRules = new Map();
  for (const rule of unmanagedRules) {
    const reason = whyLeft(situation, rule);
    if (reason) left.set(rule, reason);
  }
  const published = importable(situation, unmanagedRules.filter(isDnat), left);
  const fresh = published.filter(({ present }) => present === undefined);
  const masquerading = unmanagedRules.filter((rule) => rule.kind === 'masquerade');
  const inputs = fresh.map((each) => newMappingOf(each, record.router_id, masquerading));
  const ids = fresh.map(() => newId());
  const going = published.flatMap(({ members, shadowed }) => [...members, ...shadowed]);
  const staying = [...left.keys()];
  const adopting = [...going, ...masquerading.filter((rule) => isUnused(rule, going, staying))].map(({ text }) => text);
  const idOf = new Map(published.map((each) => [each, each.present?.id ?? ids[fresh.indexOf(each)] ?? '']));
  const rules = unmanagedRules.flatMap((rule) => (rule.kind === 'masquerade' ? [] : ruleDecision(rule, left, idOf)));
  // An import that was interrupted after its change of the kernel finds no rules, and still has to complete.
  if (adopting.length + record.adopting.length === 0) return { delta: {}, ids: [], rules };
  // The rule has the port already, so no other use of the port can refuse the mapping.
  const forced = { ...situation, force: true, router: router && { ...router, portsInUse: [] } };
  const created = inputs.length > 0 ? decideCreateMany(forced, inputs, ids).delta : {};
  return { delta: { ...created, adopting: [...new Set([...record.adopting, ...adopting])] }, ids, rules };
}

function isDnat(rule: UnmanagedRule): rule is UnmanagedDnatRule {
  return rule.kind === 'dnat';
}

/** Why the rule by itself cannot be imported. */
function whyLeft({ router }: Situation, rule: UnmanagedRule): ImportReason | undefined {
  if (rule.kind === 'other') return rule.reason;
  if (!isDnat(rule)) return undefined;
  const facts = router?.facts;
  if (facts === undefined || facts.gateways.length === 0) return { code: 'NO_GATEWAY_ADDRESS' };
  if (rule.gateway_ip !== undefined && !facts.gateways.includes(rule.gateway_ip)) {
    return { code: 'NOT_A_GATEWAY_ADDRESS', address: rule.gateway_ip };
  }
  const notBehind = whyNotBehind(facts, rule.server_ip);
  return notBehind && { code: 'SERVER_NOT_BEHIND_ROUTER', facts: notBehind };
}

/** Gives what can be imported, and adds the other rules to `left`. Repeats, because each rule that stays may keep others. */
function importable(situation: Situation, rules: readonly UnmanagedDnatRule[], left: LeftRules): PublishedEndpoint[] {
  const gateways = situation.router?.facts.gateways ?? [];
  const mapped = new Map([...situation.record.mappings.values()].map((mapping) => [endpointKey(mapping), mapping]));
  for (;;) {
    const going = rules.filter((rule) => !left.has(rule));
    const staying = portsOfStaying(situation, going, [...left.keys()]);
    const endpoints = going.flatMap((rule) =>
      (rule.gateway_ip === undefined ? gateways : [rule.gateway_ip]).map((gatewayIp) => ({
        rule,
        gateway_ip: gatewayIp,
      })),
    );
    const groups = Map.groupBy(endpoints, ({ rule, gateway_ip }) => endpointKey({ ...rule, gateway_ip }));
    const published = [...groups].flatMap(([key, group]) => {
      const members = group.map(({ rule }) => rule);
      const merged = merge(members, group[0]?.gateway_ip ?? '', mapped.get(key), situation.now);
      const reason = 'code' in merged ? merged : overlapAt(merged.endpoint, staying);
      if (!('code' in merged) && reason === undefined) return [merged];
      if (reason) for (const { rule } of group) left.set(rule, reason);
      return [];
    });
    if (going.every((rule) => !left.has(rule))) return published;
  }
}

/** Takes one rule or more for one endpoint in their order. Gives what they do together, or why no mapping can do it. */
function merge(
  rules: readonly UnmanagedDnatRule[],
  gatewayIp: string,
  present: Mapping | undefined,
  now: Date,
): PublishedEndpoint | ImportReason {
  const [first] = rules;
  if (first === undefined) throw new Error('an endpoint without rules');
  const { protocol, router_port, server_ip, server_port } = first;
  const endpoint = { protocol, gateway_ip: gatewayIp, router_port };
  const members: UnmanagedDnatRule[] = [];
  const shadowed: UnmanagedDnatRule[] = [];
  for (const rule of rules) {
    if (isSameServerPort(rule, first)) members.push(rule);
    else if (covers(members, rule.source)) shadowed.push(rule);
    else return { code: 'SEVERAL_SERVERS' };
  }
  const allowedCidrs = networksOf(members);
  if (allowedCidrs.length > MAX_NETWORKS) return { code: 'TOO_MANY_NETWORKS', max: MAX_NETWORKS };
  if (present) {
    const mappingId = present.id;
    const differs = present.allowed_cidrs.length > 0 && allowedCidrs.join() !== present.allowed_cidrs.join();
    if (!isEffective(present, now)) return { code: 'MAPPING_NOT_EFFECTIVE', mappingId };
    if (!isSameServerPort(present, first)) return { code: 'MAPPING_TO_OTHER_SERVER', mappingId };
    if (differs) return { code: 'MAPPING_WITH_OTHER_NETWORKS', mappingId };
  }
  return { endpoint, server: { protocol, server_ip, server_port }, allowedCidrs, members, shadowed, present };
}

function isSameServerPort(one: ServerPort, other: ServerPort): boolean {
  return one.protocol === other.protocol && one.server_ip === other.server_ip && one.server_port === other.server_port;
}

function networksOf(rules: readonly UnmanagedDnatRule[]): string[] {
  const sources = rules.map(({ source }) => source);
  return sources.includes(undefined) ? [] : canonicalCidrs(sources.filter((source) => source !== undefined));
}

/** True when the earlier rules match every packet from that source. */
function covers(earlier: readonly UnmanagedDnatRule[], source: string | undefined): boolean {
  const networks = networksOf(earlier);
  if (networks.length === 0) return earlier.length > 0;
  return source !== undefined && canonicalCidrs([...networks, source]).join() === networks.join();
}

/** The ports that rules match which stay. */
function portsOfStaying(
  { router }: Situation,
  going: readonly UnmanagedDnatRule[],
  left: readonly UnmanagedRule[],
): PortInUse[] {
  const goes = new Set(going.map(({ text }) => text));
  const others = (router?.portsInUse ?? []).filter(({ kind, text }) => kind === 'rule' && !goes.has(text));
  return [...others, ...left.flatMap((rule) => (rule.kind === 'other' ? rule.covers : []))];
}

function overlapAt(endpoint: PublicEndpoint, staying: readonly PortInUse[]): ImportReason | undefined {
  const overlap = portInUseAt(staying, endpoint);
  return overlap && { code: 'OVERLAPS', rule: overlap.text };
}

function newMappingOf(
  { endpoint, server, allowedCidrs }: PublishedEndpoint,
  routerId: string,
  masquerading: readonly UnmanagedMasqueradeRule[],
): NewMapping {
  const masquerade = masquerading.some((rule) => isSameServerPort(rule, server)) ? 'always' : 'never';
  return {
    router_id: routerId,
    ...endpoint,
    ...server,
    server_id: null,
    port_id: null,
    project_id: null,
    name: '',
    description: '',
    allowed_cidrs: [...allowedCidrs],
    masquerade,
    expires_at: null,
    enabled: true,
    open_security_group: false,
    security_group_rule_ids: [],
  };
}

/** True for a MASQUERADE rule that belongs to a rule that goes, and to none that stays. */
function isUnused(
  rule: UnmanagedMasqueradeRule,
  going: readonly UnmanagedDnatRule[],
  staying: readonly UnmanagedRule[],
): boolean {
  return going.some((each) => isSameServerPort(each, rule)) && !staying.some((each) => mayForwardTo(each, rule));
}

function mayForwardTo(rule: UnmanagedRule, server: ServerPort): boolean {
  if (rule.kind !== 'other') return isSameServerPort(rule, server);
  const { destination } = rule;
  // One of several addresses may be that of the server.
  return destination?.kind === 'several' || destination?.server_ip === server.server_ip;
}

function ruleDecision(
  rule: UnmanagedRule,
  left: ReadonlyMap<UnmanagedRule, ImportReason>,
  idOf: ReadonlyMap<PublishedEndpoint, string>,
): RuleDecision {
  const reason = left.get(rule);
  if (reason !== undefined) return { rule: rule.text, result: 'kept', mappingIds: [], reason };
  const own = [...idOf].filter(([{ members }]) => members.some((member) => member === rule));
  if (own.length === 0) return { rule: rule.text, result: 'deleted', mappingIds: [], reason: { code: 'SHADOWED' } };
  const isNew = own.some(([{ present }]) => present === undefined);
  const mappingIds = own.map(([, id]) => id);
  return { rule: rule.text, result: isNew ? 'imported' : 'existing', mappingIds, reason: undefined };
}
