// What filters do with the first packet of a connection through a mapping: known, or not known.
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parseInterfaces, parseSettings } from '../../src/netfilter/forwarding.ts';
import { iptablesFilter, natFilter } from '../../src/netfilter/iptables/filter.ts';
import { nftFilter, stagesOf } from '../../src/netfilter/nftables/filter.ts';
import { type NftRule, type NftTable, tableOf } from '../../src/netfilter/nftables/ruleset.ts';
import { packetsAt, type Stage } from '../../src/netfilter/passage.ts';
import { neighbourOf, refusingRules } from '../../src/netfilter/routing.ts';
import type { ForwardedPacket } from '../../src/pat/router/forwarding.ts';

const PACKET: ForwardedPacket = {
  protocol: 'tcp',
  server_ip: '10.20.0.51',
  server_port: 22,
  gateway_ip: '203.0.113.10',
  router_port: 4000,
  from: 'qg-1',
  to: 'qr-1',
  inside: ['10.20.0.0/24', '10.30.0.0/16'],
};

const [REQUEST, REPLY] = packetsAt('forwarded', PACKET);

function iptables(policy: string, ...rules: readonly string[]): string {
  const chains = [`:FORWARD ${policy} [0:0]`, ':custom - [0:0]', ':neutron-l3-agent-scope - [0:0]'];
  const output = ['# Generated', '*filter', ...chains, ...rules.map((rule) => `-A ${rule}`), 'COMMIT', ''].join('\n');
  const found = iptablesFilter(output)(PACKET).filter((each) => !('ofReplies' in each));
  return found.find(({ verdict }) => verdict !== 'accepts')?.verdict ?? 'accepts';
}

test.each([
  ['accepts', 'ACCEPT', []],
  ['drops', 'DROP', []],
  ['drops', 'ACCEPT', ['FORWARD -d 10.20.0.0/24 -p tcp -m tcp --dport 22 -j DROP']],
  ['drops', 'ACCEPT', ['FORWARD -o qr-+ -j REJECT --reject-with icmp-port-unreachable']],
  ['drops', 'ACCEPT', ['FORWARD -m conntrack --ctstate NEW -j DROP']],
  ['drops', 'ACCEPT', ['FORWARD -m conntrack --ctorigdst 203.0.113.10/32 --ctorigdstport 4000 -j DROP']],
  ['drops', 'ACCEPT', ['FORWARD -j custom', 'custom ! -d 10.30.0.0/16 -j DROP']],
  ['drops', 'DROP', ['FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT']],
  ['drops', 'DROP', ['FORWARD -i qr-1 -j ACCEPT', 'FORWARD -p udp -j ACCEPT']],
  ['drops', 'DROP', ['FORWARD -j custom', 'custom -j RETURN', 'custom -j ACCEPT']],
  ['drops', 'ACCEPT', ['FORWARD -g custom', 'custom -p tcp -m multiport --dports 20:25,80 -j DROP']],
  [
    'accepts',
    'ACCEPT',
    ['FORWARD -d 10.30.0.0/16 -j DROP', 'FORWARD -i qr-1 -j DROP', 'FORWARD -p tcp --dport 23:80 -j DROP'],
  ],
  ['accepts', 'DROP', ['FORWARD -i qg-1 -o qr-1 -m conntrack --ctstate DNAT -j ACCEPT']],
  [
    'accepts',
    'ACCEPT',
    ['FORWARD -m conntrack --ctstate INVALID -j DROP', 'FORWARD -p tcp -j TCPMSS --clamp-mss-to-pmtu'],
  ],
  ['accepts', 'ACCEPT', ['FORWARD -p tcp -j ACCEPT', 'FORWARD -j DROP']],
  ['may_drop', 'ACCEPT', ['FORWARD -s 198.51.100.0/24 -j DROP']],
  ['may_drop', 'ACCEPT', ['FORWARD -m mark --mark 0x1 -j DROP']],
  ['may_drop', 'ACCEPT', ['FORWARD -m set --match-set bad src -j DROP']],
  ['may_drop', 'DROP', ['FORWARD -m limit --limit 5/sec -j ACCEPT']],
  ['may_drop', 'DROP', ['FORWARD -s 198.51.100.0/24 -j custom', 'custom -j ACCEPT']],
  ['may_drop', 'ACCEPT', ['FORWARD -j custom', 'custom -m mark --mark 0x1 -j RETURN', 'custom -j DROP']],
  ['may_drop', 'ACCEPT', ['FORWARD -j NFQUEUE --queue-num 0']],
])('a filter of iptables %s: policy %s, %j', (expected, policy, rules) => {
  expect(iptables(policy, ...rules)).toBe(expected);
});

test('rules of Neutron for address scopes are judged by themselves, and other rules in their chain are not passed over', () => {
  const jump = 'FORWARD -j neutron-l3-agent-scope';
  const scope = 'neutron-l3-agent-scope -o qr-1 -m mark ! --mark 0x4000000/0xffff0000 -j DROP';
  expect(iptables('ACCEPT', jump, scope)).toBe('accepts');
  expect(iptables('ACCEPT', jump, scope, 'neutron-l3-agent-scope -o qr-1 -j DROP')).toBe('drops');
});

test('the rule, or the policy, is quoted', () => {
  const output = '#\n*filter\n:FORWARD DROP [0:0]\nCOMMIT\n';
  expect(iptablesFilter(output)(PACKET)).toContainEqual({ verdict: 'drops', by: '-P FORWARD DROP in table filter' });
  const ruled = '#\n*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -p tcp -j DROP\nCOMMIT\n';
  expect(iptablesFilter(ruled)(PACKET)).toContainEqual({
    verdict: 'drops',
    by: '-A FORWARD -p tcp -j DROP in table filter',
  });
});

/** As `nft --json` 1.0.6 printed it: a chain whose policy is drop, with `ct state new counter drop` as handle 11. */
const FORWARD_JSON = readFileSync(new URL('./nftables/fixtures/nft-1.0.6-forward.json', import.meta.url), 'utf8');

test('a listing of nft: the rule is named by its place, and after one that may have accepted nothing is certain', () => {
  const table = tableOf(JSON.parse(FORWARD_JSON) as object);
  expect(table.chains.filter((chain) => stagesOf(chain, -100).includes('forwarded')).map(({ name }) => name)).toEqual([
    'f',
  ]);
  expect(nftFilter(table, 'f', REQUEST)).toEqual({ verdict: 'drops', by: 'table inet fw, chain f, handle 9' });
  const elsewhere = { ...REQUEST, to: 'a' };
  expect(nftFilter(table, 'f', elsewhere)).toEqual({ verdict: 'may_drop', by: 'table inet fw, chain f, handle 11' });
});

const match = (left: unknown, right: unknown, op = '==') => ({ match: { op, left, right } });
const payload = (protocol: string, field: string) => ({ payload: { protocol, field } });
const meta = (key: string) => ({ meta: { key } });
const ct = (key: string) => ({ ct: { key } });
const NEW = match(ct('state'), 'new', 'in');

test.each<[string, string, readonly unknown[]]>([
  ['accepts', 'accept', []],
  ['drops', 'drop', []],
  ['drops', 'accept', [NEW, { counter: null }, { drop: null }]],
  ['drops', 'accept', [match(payload('ip', 'daddr'), { prefix: { addr: '10.20.0.0', len: 24 } }), { reject: null }]],
  ['drops', 'accept', [match(payload('tcp', 'dport'), { set: [80, { range: [20, 25] }] }), { drop: null }]],
  ['drops', 'accept', [match(meta('oifname'), 'qr-*'), { drop: null }]],
  ['drops', 'accept', [match(meta('iifname'), 'eth0', '!='), { drop: null }]],
  ['drops', 'accept', [{ vmap: { key: ct('state'), data: { set: [['new', { drop: null }]] } } }]],
  ['drops', 'drop', [match(ct('state'), ['established', 'related'], 'in'), { accept: null }]],
  ['accepts', 'drop', [match(ct('status'), 'dnat', 'in'), { accept: null }]],
  ['accepts', 'accept', [match(payload('udp', 'dport'), 22), { drop: null }]],
  ['accepts', 'accept', [match(payload('ip6', 'daddr'), '::1'), { drop: null }]],
  ['accepts', 'accept', [match(meta('nfproto'), 'ipv6'), { drop: null }]],
  ['may_drop', 'accept', [match(payload('ip', 'saddr'), '192.0.2.1'), { drop: null }]],
  ['may_drop', 'accept', [match(payload('ip', 'saddr'), '192.0.2.1', '!='), { drop: null }]],
  ['may_drop', 'accept', [match(meta('oifname'), '@not-listed'), { drop: null }]],
  ['may_drop', 'accept', [match(payload('ip', 'daddr'), '@not-listed'), { drop: null }]],
  ['may_drop', 'drop', [{ limit: { rate: 5 } }, { accept: null }]],
  ['may_drop', 'accept', [{ 'something new': {} }, { drop: null }]],
])('a filter of nftables %s: policy %s, %j', (expected, policy, expr) => {
  const chain = { family: 'inet', table: 'fw', name: 'f', hook: 'forward', type: 'filter', policy };
  const rule: NftRule = { family: 'inet', table: 'fw', chain: 'f', handle: 1, expr };
  const table: NftTable = { chains: [chain], rules: new Map([['f', [rule]]]), elements: new Map() };
  expect(nftFilter(table, 'f', REQUEST).verdict).toBe(expected);
});

test('settings of the kernel and the state of interfaces', () => {
  const path = '/proc/sys/net/ipv4';
  const output = `${path}/ip_forward:1\n${path}/conf/all/forwarding:1\n${path}/conf/qg-1/forwarding:0\n${path}/conf/lo/forwarding:0\n`;
  expect(parseSettings(output)).toEqual({ isEnabled: true, disabledInterfaces: ['qg-1'] });
  expect(parseSettings(output.replace('ip_forward:1', 'ip_forward:0')).isEnabled).toBe(false);
  expect(() => parseSettings('')).toThrow(expect.objectContaining({ code: 'TOOL_BAD_OUTPUT' }));

  const links = [
    { ifname: 'lo', flags: ['LOOPBACK', 'UP', 'LOWER_UP'], operstate: 'UNKNOWN', addr_info: [] },
    { ifname: 'a', flags: ['UP'], operstate: 'UP', addr_info: [{ local: '10.0.0.1' }] },
    { ifname: 'b', flags: [], operstate: 'DOWN' },
    { ifname: 'c', flags: ['NO-CARRIER', 'UP'], operstate: 'LOWERLAYERDOWN' },
  ];
  const states = parseInterfaces(JSON.stringify(links));
  expect(states.map(({ name, isUp }) => [name, isUp])).toEqual([
    ['lo', true],
    ['a', true],
    ['b', false],
    ['c', false],
  ]);
  expect(states[1]?.addresses).toEqual(['10.0.0.1']);
  expect(() => parseInterfaces('{}')).toThrow(expect.objectContaining({ code: 'TOOL_BAD_OUTPUT' }));
});

const saved = (table: string, ...lines: readonly string[]): string =>
  [
    '#',
    `*${table}`,
    ':PREROUTING ACCEPT [0:0]',
    ':FORWARD ACCEPT [0:0]',
    ':POSTROUTING ACCEPT [0:0]',
    ':custom-PREROUTING - [0:0]',
    ...lines.map((line) => `-A ${line}`),
    'COMMIT',
    '',
  ].join('\n');
const OF_REPLIES = { ofReplies: true };

test.each<[string, string, string, object]>([
  ['drops', 'raw', 'PREROUTING -d 203.0.113.10/32 -p tcp -m tcp --dport 4000 -j DROP', {}],
  ['drops', 'raw', 'PREROUTING -d 203.0.113.10/32 -j CT --notrack', {}],
  ['drops', 'mangle', 'PREROUTING -i qg-1 -p tcp -m tcp --dport 4000 -j DROP', {}],
  ['drops', 'mangle', 'PREROUTING -m conntrack --ctstate NEW -j DROP', {}],
  ['drops', 'mangle', 'POSTROUTING -o qr-1 -d 10.20.0.51/32 -j DROP', {}],
  ['may_drop', 'raw', 'PREROUTING -s 198.51.100.0/24 -j DROP', {}],
  ['may_drop', 'raw', 'PREROUTING -m conntrack --ctstate INVALID -j DROP', {}],
  ['drops', 'raw', 'PREROUTING -s 10.20.0.51/32 -i qr-1 -j DROP', OF_REPLIES],
  ['drops', 'filter', 'FORWARD -s 10.20.0.0/24 -p tcp -m tcp --sport 22 -j REJECT', OF_REPLIES],
  ['accepts', 'filter', 'FORWARD -d 10.30.7.0/24 -j DROP', {}],
  ['drops', 'filter', 'FORWARD -o qg-1 -m conntrack --ctstate ESTABLISHED -j DROP', OF_REPLIES],
  ['may_drop', 'filter', 'FORWARD -i qr-1 -d 198.51.100.0/24 -j DROP', OF_REPLIES],
  ['accepts', 'raw', 'PREROUTING -d 10.20.0.51/32 -p tcp -m tcp --dport 22 -j DROP', {}],
  ['accepts', 'raw', 'PREROUTING -s 10.30.0.0/16 -j DROP', {}],
  ['accepts', 'mangle', 'FORWARD -d 203.0.113.10/32 -j DROP', {}],
])('iptables %s on the whole way, in %s: %s', (verdict, table, rule, more) => {
  const found = iptablesFilter(saved(table, rule))(PACKET).filter((each) => each.verdict !== 'accepts');
  const by = `-A ${rule} in table ${table}`;
  expect(found[0] ?? { verdict: 'accepts' }).toEqual(verdict === 'accepts' ? { verdict } : { verdict, by, ...more });
});

const OWN =
  'custom-PREROUTING -s 198.51.100.0/24 -d 203.0.113.10/32 -p tcp -m tcp --dport 4000 -m comment --comment "praas:0b0e0a52-6a52-4a4e-8d3b-0a4d4f1d9f11" -j DNAT --to-destination 10.20.0.51:22';
const JUMP = 'PREROUTING -j custom-PREROUTING';
const OTHER = OWN.replace('--dport 4000', '--dport 4001');

test.each<[string, string, readonly string[]]>([
  ['accepts', 'accepts', [JUMP, OWN]],
  ['drops', 'accepts', ['PREROUTING -d 203.0.113.10/32 -j ACCEPT', JUMP, OWN]],
  ['drops', 'accepts', ['PREROUTING -p tcp -j RETURN', JUMP, OWN]],
  ['drops', 'accepts', [JUMP, 'custom-PREROUTING -p tcp -j ACCEPT', OWN]],
  ['drops', 'drops', ['PREROUTING -p tcp -j DROP', JUMP, OWN]],
  ['drops', 'accepts', [JUMP, OTHER, 'custom-PREROUTING -p tcp -j ACCEPT', OWN]],
  ['accepts', 'accepts', [JUMP, OTHER, OWN, OTHER, 'custom-PREROUTING -p tcp -j ACCEPT']],
  ['may_drop', 'accepts', ['PREROUTING -s 192.0.2.0/24 -j ACCEPT', JUMP, OWN]],
  [
    'accepts',
    'accepts',
    ['PREROUTING -d 203.0.113.99/32 -j ACCEPT', 'PREROUTING -p udp -j RETURN', JUMP, OWN, 'PREROUTING -j ACCEPT'],
  ],
])('the nat table %s before the rule of the mapping, and %s behind a table of praas: %j', (expected, behind, rules) => {
  expect(natFilter(saved('nat', ...rules), false)(PACKET).verdict).toBe(expected);
  expect(natFilter(saved('nat', ...rules), true)(PACKET).verdict).toBe(behind);
});

test.each<[object, readonly Stage[]]>([
  [{ family: 'inet', hook: 'forward', type: 'filter' }, ['forwarded']],
  [{ family: 'ip', hook: 'postrouting', type: 'filter' }, ['forwarded']],
  [{ family: 'netdev', hook: 'ingress', type: 'filter' }, ['raw']],
  [{ family: 'netdev', hook: 'egress', type: 'filter' }, ['forwarded']],
  [{ family: 'ip', hook: 'prerouting', type: 'filter', prio: -300 }, ['raw']],
  [{ family: 'ip', hook: 'prerouting', type: 'filter', prio: -150 }, ['arriving']],
  [{ family: 'ip', hook: 'prerouting', type: 'nat', prio: -100 }, ['arriving', 'translated']],
  [{ family: 'ip', hook: 'prerouting', type: 'filter', prio: 0 }, ['translated']],
  [{ family: 'ip6', hook: 'prerouting', type: 'filter', prio: 0 }, []],
  [{ family: 'ip', hook: 'input', type: 'filter' }, []],
])('packets pass the chain %j at %j', (chain, stages) => {
  expect(stagesOf({ table: 'x', name: 'c', family: '', ...chain }, -100)).toEqual(stages);
});

test.each<[string, readonly unknown[], typeof REQUEST]>([
  ['drops', [match(payload('ip', 'saddr'), '10.20.0.51'), { drop: null }], REPLY],
  ['drops', [match(payload('tcp', 'sport'), 22), { drop: null }], REPLY],
  ['drops', [match(ct('state'), 'established', 'in'), { drop: null }], REPLY],
  ['drops', [match(ct('direction'), 'reply'), { drop: null }], REPLY],
  ['accepts', [match(meta('iifname'), 'qg-1'), { drop: null }], REPLY],
  ['accepts', [NEW, { drop: null }], REPLY],
  ['may_drop', [match(payload('ip', 'daddr'), '192.0.2.1'), { drop: null }], REPLY],
  ['accepts', [match(payload('ip', 'daddr'), { prefix: { addr: '10.30.0.0', len: 24 } }), { drop: null }], REPLY],
  ['may_drop', [match(payload('ip', 'daddr'), '@not-listed'), { drop: null }], REPLY],
  ['drops', [match(payload('tcp', 'dport'), 4000), { drop: null }], packetsAt('raw', PACKET)[0]],
  ['drops', [match(payload('ip', 'daddr'), '203.0.113.10'), { notrack: null }], packetsAt('raw', PACKET)[0]],
  ['may_drop', [NEW, { drop: null }], packetsAt('raw', PACKET)[0]],
])('a chain of nftables %s: %j', (expected, expr, packet) => {
  const rule: NftRule = { family: 'inet', table: 'fw', chain: 'f', handle: 1, expr };
  const table: NftTable = { chains: [], rules: new Map([['f', [rule]]]), elements: new Map() };
  expect(nftFilter(table, 'f', packet).verdict).toBe(expected);
});

test('routing rules that refuse packets of some clients are named; those of other networks are not', () => {
  const rule = { priority: 99, action: 'blackhole' };
  expect(refusingRules([{ ...rule, src: '198.51.100.0', srclen: 24 }], PACKET)).toEqual([
    { verdict: 'may_drop', by: 'ip rule 99: from 198.51.100.0/24 blackhole' },
  ]);
  expect(refusingRules([{ ...rule, src: '10.20.0.0', srclen: 24, iif: 'qr-1' }], PACKET)).toMatchObject([OF_REPLIES]);
  expect(
    refusingRules(
      [
        { ...rule, src: 'all', dst: '10.99.0.0', dstlen: 16 },
        { priority: 1, src: 'all' },
      ],
      PACKET,
    ).filter((each) => !('ofReplies' in each)),
  ).toEqual([]);
  expect(refusingRules([{ ...rule, src: '10.99.0.0', srclen: 16, iif: 'qr-2' }], PACKET)).toEqual([]);
});

test.each<[string | undefined, string, number, readonly string[]]>([
  ['203.0.113.1', '203.0.113.10', 24, []],
  ['203.0.113.4', '203.0.113.1', 24, ['203.0.113.2', '203.0.113.3']],
  ['203.0.113.2', '203.0.113.1', 30, []],
  // No address is left for a neighbour.
  [undefined, '203.0.113.1', 30, ['203.0.113.2']],
  [undefined, '203.0.113.1', 32, []],
])('the sample client is %s outside of a router at %s/%i with %j', (expected, address, prefix, others) => {
  const own = [address, ...others].map((each) => ({ interface: 'qg-1', address: each, prefix }));
  expect(neighbourOf({ interface: 'qg-1', address, prefix }, own)).toBe(expected);
});

test('a network with more addresses of the router than one byte counts has a sample client, too', () => {
  const own = Array.from({ length: 300 }, (_, index) => index + 1).map((number) => ({
    interface: 'qg-1',
    address: `10.9.${number >> 8}.${number & 255}`,
    prefix: 16,
  }));
  expect(neighbourOf({ interface: 'qg-1', address: '10.9.0.1', prefix: 16 }, own)).toBe('10.9.1.45');
});
