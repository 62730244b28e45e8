/**
 * The table of praas, `ip praas`: two maps for DNAT (a hash for mappings without allowed networks, an interval map for those
 * with) and a set for masquerading. Static rules look packets up in them, so that a packet costs the same with 10 mappings and
 * with 60,000. marks.ts adds a map in routers with address scopes. The hooks run before those of iptables (priority - 10), in a
 * table that Neutron never reads. Needs nft 1.0 and Linux 5.11 (concatenated maps with counters).
 */
import type { Field, Hook, Statement, StaticRule } from './operation.ts';

export const FAMILY = 'ip';
export const TABLE = 'praas';
export const OPEN = 'open';
export const ALLOWED = 'allowed';
export const MASQUERADED = 'masqueraded';

/** The key of an endpoint: the gateway address and the router port of a mapping. */
export const ENDPOINT: readonly Field[] = ['protocol', 'address', 'port'];
const SERVER: readonly Field[] = ['address', 'port'];

/** By chain, its rules and their names. A name is the comment of its rule, which shows in a listing whether a chain is whole. */
export const RULES = {
  prerouting: [
    ['praas-open-1', { kind: 'dnat', map: OPEN, key: 'endpoint' }],
    ['praas-allowed-1', { kind: 'dnat', map: ALLOWED, key: 'endpoint and source' }],
  ],
  // One rule for each protocol: nft knows the type of `ct original proto-dst` only after a match on one protocol.
  postrouting: [
    ['praas-masquerade-tcp-1', { kind: 'masquerade', protocol: 'tcp', set: MASQUERADED }],
    ['praas-masquerade-udp-1', { kind: 'masquerade', protocol: 'udp', set: MASQUERADED }],
  ],
} as const satisfies Readonly<Record<string, readonly (readonly [string, StaticRule])[]>>;

const HOOKS: Readonly<Record<ChainName, Hook>> = {
  prerouting: { type: 'nat', at: 'prerouting', priority: 'dstnat', offset: -10 },
  postrouting: { type: 'nat', at: 'postrouting', priority: 'srcnat', offset: -10 },
};

export type ChainName = keyof typeof RULES;

/** Gives what makes the table whole. Existing elements stay: only the chains of praas are flushed, the rest is added. */
export function baseChains(): Statement[] {
  return [
    { op: 'add', object: 'table' },
    { op: 'add', object: 'map', name: OPEN, key: ENDPOINT, value: SERVER, hasCounters: true },
    {
      op: 'add',
      object: 'map',
      name: ALLOWED,
      key: [...ENDPOINT, 'address'],
      value: SERVER,
      isInterval: true,
      hasCounters: true,
    },
    { op: 'add', object: 'set', name: MASQUERADED, key: ENDPOINT },
    ...(Object.keys(RULES) as ChainName[]).flatMap((chain): Statement[] => [
      { op: 'add', object: 'chain', name: chain, hook: HOOKS[chain] },
      { op: 'flush', object: 'chain', name: chain },
      ...RULES[chain].map(([name, rule]): Statement => ({ op: 'add', object: 'rule', chain, name, rule })),
    ]),
  ];
}
