/**
 * Which rules of somebody else become mappings, and what becomes of the others. A rule counts for what it does where it
 * stands: of several for one port the first wins. Its mapping stands behind all of the rules that stay, so a rule whose
 * packets one of these could take is left alone too. Pure.
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

/**
 * `imported`: a new mapping does what it did. `ours`: a mapping that was there already does. `dropped`: one before it took
 * all of its packets. These go; one that is `left` stays as it is.
 */
export const IMPORT_RESULTS = ['imported', 'ours', 'dropped', 'left'] as const;
export type ImportResult = (typeof IMPORT_RESULTS)[number];

export interface ImportedRule {
  /** As its tool shows it. */
  readonly rule: string;
  readonly result: ImportResult;
  /** One, or one for each gateway address that the rule is for. */
  readonly mapping_ids: readonly string[];
  /** Why it is dropped or left; else empty. */
  readonly reason: string;
}

export interface ImportDecision {
  readonly delta: Delta;
  /** New mappings. */
  readonly ids: readonly string[];
  readonly rules: readonly ImportedRule[];
}

/** What the rules for one endpoint come to. */
interface Published {
  readonly endpoint: PublicEndpoint;
  readonly target: ServerPort;
  /** None for everybody. */
  readonly allowed_cidrs: readonly string[];
  readonly members: readonly UnmanagedDnatRule[];
  readonly shadowed: readonly UnmanagedDnatRule[];
  /** The mapping that says the same already. */
  readonly present: Mapping | undefined;
}

const MOST_NETWORKS = 256;

/** Without a router there is nothing to take over. */
export function decideImport(situation: Situation, newId: NewId): ImportDecision {
  const { record, router } = situation;
  const unmanagedRules = router?.unmanagedRules ?? [];
  const left = new Map<UnmanagedRule, string>();
  for (const rule of unmanagedRules) {
    const reason = rule.kind === 'other' ? rule.reason : rule.kind === 'leads' && whyImpossible(situation, rule);
    if (reason) left.set(rule, reason);
  }
  const published = publishable(situation, unmanagedRules.filter(isLeading), left);
  const fresh = published.filter(({ present }) => present === undefined);
  const hiding = unmanagedRules.filter((rule) => rule.kind === 'hides');
  const inputs = fresh.map((each) => inputOf(each, record.router_id, hiding));
  const ids = fresh.map(() => newId());
  const going = published.flatMap(({ members, shadowed }) => [...members, ...shadowed]);
  const staying = [...left.keys()];
  const adopting = [...going, ...hiding.filter((rule) => isFree(rule, going, staying))].map(({ text }) => text);
  const idOf = new Map(published.map((each) => [each, each.present?.id ?? ids[fresh.indexOf(each)] ?? '']));
  const rules = unmanagedRules.flatMap((rule) => (rule.kind === 'hides' ? [] : outcomeOf(rule, left, idOf)));
  // One that was cut short behind the change of the kernel has no rules left, and is not finished yet.
  if (adopting.length + record.adopting.length === 0) return { delta: {}, ids: [], rules };
  // Its rule has the port already, whatever else would speak against a new mapping there.
  const anyhow = { ...situation, force: true, router: router && { ...router, portsInUse: [] } };
  const made = inputs.length > 0 ? decideCreateMany(anyhow, inputs, ids).delta : {};
  return { delta: { ...made, adopting: [...new Set([...record.adopting, ...adopting])] }, ids, rules };
}

function isLeading(rule: UnmanagedRule): rule is UnmanagedDnatRule {
  return rule.kind === 'leads';
}

function whyImpossible({ router }: Situation, rule: UnmanagedDnatRule): string | undefined {
  const facts = router?.facts;
  if (facts === undefined || facts.gateways.length === 0) return 'the router has no gateway address on this node now';
  if (rule.gateway_ip !== undefined && !facts.gateways.includes(rule.gateway_ip)) {
    return `${rule.gateway_ip} is no gateway address of the router`;
  }
  return whyNotBehind(facts, rule.server_ip);
}

/** What can be taken over. Adds the others to `left`, again and again: each that stays may keep another from going. */
function publishable(
  situation: Situation,
  rules: readonly UnmanagedDnatRule[],
  left: Map<UnmanagedRule, string>,
): Published[] {
  const gateways = situation.router?.facts.gateways ?? [];
  const mapped = new Map([...situation.record.mappings.values()].map((mapping) => [endpointKey(mapping), mapping]));
  for (;;) {
    const going = rules.filter((rule) => !left.has(rule));
    const staying = claimsBeside(situation, going, [...left.keys()]);
    const places = going.flatMap((rule) =>
      (rule.gateway_ip === undefined ? gateways : [rule.gateway_ip]).map((gateway_ip) => ({ rule, gateway_ip })),
    );
    const groups = Map.groupBy(places, ({ rule, gateway_ip }) => endpointKey({ ...rule, gateway_ip }));
    const published = [...groups].flatMap(([key, group]) => {
      const members = group.map(({ rule }) => rule);
      const found = publishedBy(members, group[0]?.gateway_ip ?? '', mapped.get(key), situation.now);
      const why = typeof found === 'string' ? found : whyBlocked(found.endpoint, staying);
      if (typeof found !== 'string' && why === undefined) return [found];
      for (const { rule } of group) left.set(rule, why ?? '');
      return [];
    });
    if (going.every((rule) => !left.has(rule))) return published;
  }
}

/** What rules for one endpoint come to, in their order; or why no mapping can say that. */
function publishedBy(
  rules: readonly UnmanagedDnatRule[],
  gateway_ip: string,
  present: Mapping | undefined,
  now: Date,
): Published | string {
  const [first] = rules;
  if (first === undefined) return 'there is none';
  const { protocol, router_port, server_ip, server_port } = first;
  const endpoint = { protocol, gateway_ip, router_port };
  const members: UnmanagedDnatRule[] = [];
  const shadowed: UnmanagedDnatRule[] = [];
  for (const rule of rules) {
    if (leadsTo(rule, first)) members.push(rule);
    else if (covers(members, rule.source)) shadowed.push(rule);
    else return 'rules lead its port to different servers, by where the caller is';
  }
  const allowed_cidrs = networksOf(members);
  if (allowed_cidrs.length > MOST_NETWORKS) return `its port is for more than ${MOST_NETWORKS} networks`;
  if (present) {
    const differs = present.allowed_cidrs.length > 0 && allowed_cidrs.join() !== present.allowed_cidrs.join();
    if (!isEffective(present, now)) return `its port is mapping ${present.id}'s, which is not in force`;
    if (!leadsTo(present, first)) return `its port is mapping ${present.id}'s, which leads elsewhere`;
    if (differs) return `its port is mapping ${present.id}'s, which allows other networks`;
  }
  return { endpoint, target: { protocol, server_ip, server_port }, allowed_cidrs, members, shadowed, present };
}

function leadsTo(one: ServerPort, other: ServerPort): boolean {
  return one.protocol === other.protocol && one.server_ip === other.server_ip && one.server_port === other.server_port;
}

function networksOf(rules: readonly UnmanagedDnatRule[]): string[] {
  const sources = rules.map(({ source }) => source);
  return sources.includes(undefined) ? [] : canonicalCidrs(sources.filter((source) => source !== undefined));
}

/** Whether those before it take every packet from there. */
function covers(before: readonly UnmanagedDnatRule[], source: string | undefined): boolean {
  const networks = networksOf(before);
  if (networks.length === 0) return before.length > 0;
  return source !== undefined && canonicalCidrs([...networks, source]).join() === networks.join();
}

/** What may end at a rule that stays. */
function claimsBeside(
  { router }: Situation,
  going: readonly UnmanagedDnatRule[],
  left: readonly UnmanagedRule[],
): PortInUse[] {
  const goes = new Set(going.map(({ text }) => text));
  const others = (router?.portsInUse ?? []).filter(({ kind, text }) => kind === 'rule' && !goes.has(text));
  return [...others, ...left.flatMap((rule) => (rule.kind === 'other' ? rule.covers : []))];
}

function whyBlocked(endpoint: PublicEndpoint, staying: readonly PortInUse[]): string | undefined {
  const claim = portInUseAt(staying, endpoint);
  return claim && `a rule that stays may take its packets: ${claim.text}`;
}

function inputOf(published: Published, router_id: string, hiding: readonly UnmanagedMasqueradeRule[]): NewMapping {
  const { endpoint, target, allowed_cidrs } = published;
  const masquerade = hiding.some((rule) => leadsTo(rule, target)) ? 'always' : 'never';
  return {
    router_id,
    ...endpoint,
    ...target,
    server_id: null,
    port_id: null,
    project_id: null,
    name: '',
    description: '',
    allowed_cidrs: [...allowed_cidrs],
    masquerade,
    expires_at: null,
    enabled: true,
    security_group_rule_ids: [],
  };
}

/** Whether what a hiding rule served goes, and nothing that it still serves stays. */
function isFree(
  rule: UnmanagedMasqueradeRule,
  going: readonly UnmanagedDnatRule[],
  staying: readonly UnmanagedRule[],
): boolean {
  return going.some((each) => leadsTo(each, rule)) && !staying.some((each) => mayLeadTo(each, rule));
}

function mayLeadTo(rule: UnmanagedRule, target: ServerPort): boolean {
  if (rule.kind !== 'other') return leadsTo(rule, target);
  // A range of addresses is not looked into.
  return rule.destination.includes('-') || rule.destination.split(':')[0] === target.server_ip;
}

function outcomeOf(
  rule: UnmanagedRule,
  left: ReadonlyMap<UnmanagedRule, string>,
  idOf: ReadonlyMap<Published, string>,
): ImportedRule {
  const reason = left.get(rule);
  if (reason !== undefined) return { rule: rule.text, result: 'left', mapping_ids: [], reason };
  const mine = [...idOf].filter(([{ members }]) => members.some((member) => member === rule));
  const mapping_ids = mine.map(([, id]) => id);
  if (mine.length === 0) {
    const why = 'a rule before it takes all of its packets';
    return { rule: rule.text, result: 'dropped', mapping_ids: [], reason: why };
  }
  const isNew = mine.some(([{ present }]) => present === undefined);
  return { rule: rule.text, result: isNew ? 'imported' : 'ours', mapping_ids, reason: '' };
}
