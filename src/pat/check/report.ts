/** The result of a check: a verdict for each hop on the path of a packet, and a conclusion. Pure. */
import type { Mapping } from '../mapping/mapping.ts';

/** In the order in which a packet passes them. */
export const HOPS = [
  'mapping',
  'router',
  'node',
  'connection_table',
  'interfaces',
  'other_rules',
  'rule',
  'counters',
  'forwarding',
  'address_scope',
  'filter',
  'security_group',
  'port',
  'server',
  'connection',
] as const;
export type HopName = (typeof HOPS)[number];

/**
 * `warning`: it works, and needs attention. `failed`: it keeps packets from the server. `unknown`: it could not be checked, which
 * says nothing of the hop. `skipped`: there is nothing to check.
 */
export const HOP_VERDICTS = ['ok', 'warning', 'failed', 'unknown', 'skipped'] as const;
export type HopVerdict = (typeof HOP_VERDICTS)[number];

export interface Hop {
  readonly hop: HopName;
  readonly verdict: HopVerdict;
  readonly detail: string;
  /** What to do where the verdict is `warning` or `failed`; else empty. */
  readonly next_step: string;
}

export interface CheckReport {
  readonly mapping_id: string;
  readonly hops: readonly Hop[];
  /** What failed and what to do. */
  readonly conclusion: string;
  /** No hop failed. */
  readonly ok: boolean;
}

export const ok = (hop: HopName, detail: string): Hop => ({ hop, verdict: 'ok', detail, next_step: '' });
export const skipped = (hop: HopName, detail: string): Hop => ({ hop, verdict: 'skipped', detail, next_step: '' });
export const unknown = (hop: HopName, detail: string): Hop => ({ hop, verdict: 'unknown', detail, next_step: '' });
export const warning = (hop: HopName, detail: string, nextStep: string): Hop => ({
  hop,
  verdict: 'warning',
  detail,
  next_step: nextStep,
});
export const failed = (hop: HopName, detail: string, nextStep: string): Hop => ({
  hop,
  verdict: 'failed',
  detail,
  next_step: nextStep,
});

/** Sorts the hops. A failed hop often makes later ones fail, so the conclusion is about the first. */
export function reportOf(mapping: Mapping, hops: readonly Hop[]): CheckReport {
  const ordered = hops.toSorted((a, b) => HOPS.indexOf(a.hop) - HOPS.indexOf(b.hop));
  const first = ordered.find(({ verdict }) => verdict === 'failed');
  return { mapping_id: mapping.id, hops: ordered, conclusion: conclusionOf(mapping, ordered, first), ok: !first };
}

function conclusionOf(mapping: Mapping, hops: readonly Hop[], first: Hop | undefined): string {
  if (first) return `${sentence(first.detail)} ${first.next_step}`.trim();
  const explained = explainedHops(mapping);
  const unchecked = hops.filter(({ hop, verdict }) => verdict === 'unknown' && !explained.includes(hop));
  const sentences = [
    ...(mapping.status === 'DOWN' ? downSentences(mapping) : []),
    ...uncheckedSentences(unchecked),
    ...(mapping.status === 'DOWN' ? [] : reachableSentences(mapping, unchecked.length === 0)),
    ...hops.flatMap(({ verdict, detail, next_step }) => (verdict === 'warning' ? [sentence(detail), next_step] : [])),
  ];
  return sentences.join(' ');
}

/** The hops, and why the first of them was not checked: often that is so for all. */
function uncheckedSentences(unchecked: readonly Hop[]): readonly string[] {
  const [first] = unchecked;
  if (first === undefined) return [];
  return [`Not checked: ${unchecked.map(({ hop }) => HOP_LABELS[hop]).join(', ')}.`, sentence(first.detail)];
}

/** The hops that are unknown only because of the status of the mapping, which the conclusion gives. */
function explainedHops({ status, status_code }: Mapping): readonly HopName[] {
  if (status !== 'DOWN') return [];
  return status_code === 'ROUTER_STANDBY' ? ['mapping', 'node'] : ['mapping'];
}

function downSentences({ status_code, status_reason }: Mapping): readonly string[] {
  return status_code === 'ROUTER_STANDBY'
    ? ['The mapping is DOWN: standby HA instance.', 'Run the check on the node where the router is active.']
    : [`The mapping is DOWN: ${status_reason}.`];
}

function reachableSentences({ gateway_ip, router_port, protocol }: Mapping, isAllChecked: boolean): readonly string[] {
  return [
    // What was not checked may be what is wrong.
    ...(isAllChecked ? ['No problem found between the router and the server.'] : []),
    `If ${gateway_ip}:${router_port}/${protocol} cannot be reached, check the path from the client to the router.`,
  ];
}

/** The hops as people call them. */
export const HOP_LABELS: Readonly<Record<HopName, string>> = {
  mapping: 'mapping',
  router: 'router',
  node: 'node',
  connection_table: 'connection table',
  interfaces: 'interfaces of the router',
  other_rules: 'rules of other programs',
  rule: 'kernel rules',
  counters: 'counters',
  forwarding: 'forwarding',
  address_scope: 'address scope',
  filter: 'filters of the router',
  security_group: 'security groups',
  port: 'port',
  server: 'server',
  connection: 'connection to the server',
};

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
