/**
 * Our one table, `ip praas`: two maps for translation (a hash for mappings open to everybody, an interval map for those
 * with allowed networks) and a set for masquerading, looked up by static rules, so that a packet costs the same with 10
 * mappings and with 60,000; marks.ts adds a map where a router has address scopes. Its hooks run before iptables' (priority - 10), in a table of its own that Neutron never reads.
 * Needs nft 1.0 and Linux 5.11 (concatenated maps with counters).
 */

export const TABLE = 'ip praas';
export const OPEN = 'open';
export const ALLOWED = 'allowed';
export const MASQUERADED = 'masqueraded';

const ENDPOINT = 'inet_proto . ipv4_addr . inet_service';
const SERVER = 'ipv4_addr . inet_service';
const PACKET = 'meta l4proto . ip daddr . th dport';
const ORIGINAL = 'meta l4proto . ct original ip daddr . ct original proto-dst';

/** Each rule carries its name as its comment; a listing shows by them whether the chains are whole. */
export const RULES = {
  prerouting: [
    ['praas-open-1', `meta l4proto { tcp, udp } dnat ip to ${PACKET} map @${OPEN}`],
    ['praas-allowed-1', `meta l4proto { tcp, udp } dnat ip to ${PACKET} . ip saddr map @${ALLOWED}`],
  ],
  // One rule per protocol: nft knows the type of `ct original proto-dst` only after a match on a single one.
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

/** The lines that make the whole frame. Elements that are there stay: everything but our own chains' rules is only added. */
export function frameLines(): string[] {
  const chains = (Object.keys(RULES) as ChainName[]).flatMap((chain) => [
    `add chain ${TABLE} ${chain} { ${HOOKS[chain]} }`,
    `flush chain ${TABLE} ${chain}`,
    ...RULES[chain].map(([name, rule]) => `add rule ${TABLE} ${chain} ${rule} comment "${name}"`),
  ]);
  return [
    `add table ${TABLE}`,
    `add map ${TABLE} ${OPEN} { type ${ENDPOINT} : ${SERVER}; counter; }`,
    `add map ${TABLE} ${ALLOWED} { type ${ENDPOINT} . ipv4_addr : ${SERVER}; flags interval; counter; }`,
    `add set ${TABLE} ${MASQUERADED} { type ${ENDPOINT}; }`,
    ...chains,
  ];
}
