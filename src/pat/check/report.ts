/** What a check found out about a mapping: hop by hop on the way of a packet, and one sentence. Pure. */
import type { Mapping } from '../mapping/mapping.ts';

/** In the order in which they are walked. */
export const HOPS = [
  'mapping',
  'router',
  'node',
  'connection_table',
  'rule',
  'counters',
  'address_scope',
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

/** A hop that failed keeps those behind it from working, so the first one is what to correct. */
export function reportOf(mapping: Mapping, hops: readonly Hop[]): CheckReport {
  const ordered = hops.toSorted((a, b) => HOPS.indexOf(a.hop) - HOPS.indexOf(b.hop));
  const first = ordered.find(({ verdict }) => verdict === 'failed');
  return { mapping_id: mapping.id, hops: ordered, conclusion: conclusionOf(mapping, ordered, first), ok: !first };
}

function conclusionOf(mapping: Mapping, hops: readonly Hop[], first: Hop | undefined): string {
  if (first) return `${sentence(first.detail)} ${first.next_step}`.trim();
  const { gateway_ip, router_port, protocol } = mapping;
  const place = `${gateway_ip}:${router_port}/${protocol}`;
  const open = hops.filter(({ verdict }) => verdict === 'unknown').map(({ hop }) => WORDS[hop]);
  const rest = open.length === 0 ? '' : ` Not found out: ${open.join(', ')}.`;
  const warnings = hops.flatMap(({ verdict, detail, next_step }) =>
    verdict === 'warning' ? [` ${sentence(detail)} ${next_step}`] : [],
  );
  return `Nothing is wrong between the router and the server: if ${place} cannot be reached, look between the caller and the router.${rest}${warnings.join('')}`;
}

/** As people call them. */
export const WORDS: Readonly<Record<HopName, string>> = {
  mapping: 'mapping',
  router: 'router',
  node: 'node',
  connection_table: 'connection table',
  rule: 'rule in the kernel',
  counters: 'counters',
  address_scope: 'address scope',
  security_group: 'security groups',
  port: 'port',
  server: 'server',
  connection: 'connection to the server',
};

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
