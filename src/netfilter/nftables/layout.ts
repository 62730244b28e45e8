/**
 * The table of praas, `ip praas`: two maps for DNAT (a hash for mappings without allowed networks, an interval map for those
 * with) and a set for masquerading. Static rules look packets up in them, so that a packet costs the same with 10 mappings and
 * with 60,000. marks.ts adds a map in routers with address scopes. The hooks run before those of iptables (priority - 10), in a
 * table that Neutron never reads. Needs nft 1.0 and Linux 5.11 (concatenated maps with counters).
 */
import type { Statement } from './operation.ts';

export const FAMILY = 'ip';
export const TABLE = 'praas';
export const OPEN = 'open';
export const ALLOWED = 'allowed';
export const MASQUERADED = 'masqueraded';

const ENDPOINT = 'inet_proto . ipv4_addr . inet_service';
const SERVER = 'ipv4_addr . inet_service';
const PACKET = 'meta l4proto . ip daddr . th dport';
const ORIGINAL = 'meta l4proto . ct original ip daddr . ct original proto-dst';

/** By chain, its rules and their names. A name is the comment of its rule, which shows in a listing whether a chain is whole. */
export const RULES = {
  prerouting: [
    ['praas-open-1', `meta l4proto { tcp, udp } dnat ip to ${PACKET} map @${OPEN}`],
    ['praas-allowed-1', `meta l4proto { tcp, udp } dnat ip to ${PACKET} . ip saddr map @${ALLOWED}`],
  ],
  // One rule for each protocol: nft knows the type of `ct original proto-dst` only after a match on one protocol.
  postrouting: [
    ['praas-masquerade-tcp-1', `meta l4proto tcp ct status dnat ${ORIGINAL} @${MASQUERADED} masquerade`],
    ['praas-masquerade-udp-1', `meta l4proto udp ct status dnat ${ORIGINAL} @${MASQUERADED} masquerade`],
  ],
} as const;

const HOOKS = {
  prerouting: 'type nat hook prerouting priority dstnat - 10; policy accept;',
  postrouting: 'type nat hook postrouting priority srcnat - 10; policy accept;',
} as const;

export type ChainName = keyof typeof RULES;

/** Gives what makes the table whole. Existing elements stay: only the chains of praas are flushed, the rest is added. */
export function baseChains(): Statement[] {
  return [
    { op: 'add', object: 'table' },
    { op: 'add', object: 'map', name: OPEN, definition: `type ${ENDPOINT} : ${SERVER}; counter;` },
    {
      op: 'add',
      object: 'map',
      name: ALLOWED,
      definition: `type ${ENDPOINT} . ipv4_addr : ${SERVER}; flags interval; counter;`,
    },
    { op: 'add', object: 'set', name: MASQUERADED, definition: `type ${ENDPOINT};` },
    ...(Object.keys(RULES) as ChainName[]).flatMap((chain): Statement[] => [
      { op: 'add', object: 'chain', name: chain, hook: HOOKS[chain] },
      { op: 'flush', object: 'chain', name: chain },
      ...RULES[chain].map(([name, text]): Statement => ({ op: 'add', object: 'rule', chain, name, text })),
    ]),
  ];
}
