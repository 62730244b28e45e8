// What filters do with the first packet of a connection through a mapping: known, or not known.
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parseInterfaces, parseSettings } from '../../src/netfilter/forwarding.ts';
import { iptablesFilter } from '../../src/netfilter/iptables/filter.ts';
import { isForwardFilter, nftFilter } from '../../src/netfilter/nftables/filter.ts';
import { type NftRule, type NftTable, tableOf } from '../../src/netfilter/nftables/ruleset.ts';
import type { ForwardedPacket } from '../../src/pat/router/forwarding.ts';

const PACKET: ForwardedPacket = {
  protocol: 'tcp',
  server_ip: '10.20.0.51',
  server_port: 22,
  gateway_ip: '203.0.113.10',
  router_port: 4000,
  from: 'qg-1',
  to: 'qr-1',
};

function iptables(policy: string, ...rules: readonly string[]): string {
  const chains = [`:FORWARD ${policy} [0:0]`, ':custom - [0:0]', ':neutron-l3-agent-scope - [0:0]'];
  const output = ['# Generated', '*filter', ...chains, ...rules.map((rule) => `-A ${rule}`), 'COMMIT', ''].join('\n');
  return iptablesFilter(output, PACKET).find(({ verdict }) => verdict !== 'accepts')?.verdict ?? 'accepts';
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
  expect(iptablesFilter(output, PACKET)).toContainEqual({ verdict: 'drops', by: '-P FORWARD DROP in table filter' });
  const ruled = '#\n*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -p tcp -j DROP\nCOMMIT\n';
  expect(iptablesFilter(ruled, PACKET)).toContainEqual({
    verdict: 'drops',
    by: '-A FORWARD -p tcp -j DROP in table filter',
  });
});

/** As `nft --json` 1.0.6 printed it: a chain whose policy is drop, with `ct state new counter drop` as handle 11. */
const FORWARD_JSON = readFileSync(new URL('./nftables/fixtures/nft-1.0.6-forward.json', import.meta.url), 'utf8');

test('a listing of nft: the rule is named by its place, and after one that may have accepted nothing is certain', () => {
  const table = tableOf(JSON.parse(FORWARD_JSON) as object);
  expect(table.chains.filter(isForwardFilter).map(({ name }) => name)).toEqual(['f']);
  expect(nftFilter(table, 'f', PACKET)).toEqual({ verdict: 'drops', by: 'table inet fw, chain f, handle 9' });
  const elsewhere = { ...PACKET, to: 'a' };
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
  expect(nftFilter(table, 'f', PACKET).verdict).toBe(expected);
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
