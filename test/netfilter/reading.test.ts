import { expect, test } from '@jest/globals';
import { mappingIdIn } from '../../src/netfilter/comment.ts';
import { deletionsOf, parseFlows } from '../../src/netfilter/conntrack.ts';
import { parseFacts } from '../../src/netfilter/facts.ts';
import { refusal } from '../../src/netfilter/failure.ts';
import { parseListeners } from '../../src/netfilter/listeners.ts';

const link = (ifname: string, ...addresses: string[]) => ({
  ifname,
  addr_info: addresses.map((address) => {
    const [local = '', prefixlen] = address.split('/');
    return { local, prefixlen: Number(prefixlen), scope: local.startsWith('127.') ? 'host' : 'global' };
  }),
});
const LOOPBACK = link('lo', '127.0.0.1/8');

test('a Neutron router: the gateway is on qg-, floating IPs are /32 beside it, networks are on qr-', () => {
  const links = [
    LOOPBACK,
    link('qg-32542f05-ac', '203.0.113.235/24', '203.0.113.140/32'),
    link('qr-5be5f541-c7', '10.20.0.1/24'),
  ];
  const routes = [
    { dst: 'default', dev: 'qg-32542f05-ac' },
    { dst: '10.20.0.0/24', dev: 'qr-5be5f541-c7' },
    { dst: '10.99.0.0/16', dev: 'qr-5be5f541-c7' },
    { dst: '203.0.113.0/24', dev: 'qg-32542f05-ac' },
  ];
  expect(parseFacts('id', 'qrouter-id', links, routes)).toEqual({
    routerId: 'id',
    namespace: 'qrouter-id',
    gateways: ['203.0.113.235'],
    isStandby: false,
    addresses: ['10.20.0.1', '203.0.113.140', '203.0.113.235'],
    inside: [
      { cidr: '10.20.0.0/24', isNeutron: true, interface: 'qr-5be5f541-c7' },
      { cidr: '10.99.0.0/16', isNeutron: false, interface: 'qr-5be5f541-c7' },
    ],
  });
});

test('a router whose gateway is cleared has no gateway address, and is no standby', () => {
  const links = [LOOPBACK, link('qr-5be5f541-c7', '10.20.0.1/24')];
  expect(parseFacts('id', 'qrouter-id', links, [])).toMatchObject({ gateways: [], isStandby: false });
  const ofHa = [...links, link('ha-fe47020d-d9', '169.254.193.195/18')];
  expect(parseFacts('id', 'qrouter-id', ofHa, [])).toMatchObject({ gateways: [], isStandby: false });
});

test('an HA router has its own addresses on the active node only; on the others it is a standby', () => {
  const ha = link('ha-fe47020d-d9', '169.254.193.195/18');
  // Links without an IPv4 address are not listed.
  expect(parseFacts('id', 'qrouter-id', [LOOPBACK, ha], [])).toMatchObject({ gateways: [], isStandby: true });
  const active = [LOOPBACK, ha, link('qg-94ac64ab-b2', '203.0.113.167/24'), link('qr-5be5f541-c7', '10.20.0.1/24')];
  expect(parseFacts('id', 'qrouter-id', active, [])).toMatchObject({ gateways: ['203.0.113.167'], isStandby: false });
});

test('a namespace without any address is no standby', () => {
  expect(parseFacts('id', 'qrouter-id', [LOOPBACK], []).isStandby).toBe(false);
});

test('any other namespace: the gateway is on the interface of the default route', () => {
  const links = [LOOPBACK, link('ext0', '203.0.113.10/24', '203.0.113.11/24'), link('int0', '10.20.0.1/24')];
  const facts = parseFacts('edge', 'edge', links, [{ dst: 'default', dev: 'ext0' }]);
  expect(facts.gateways).toEqual(['203.0.113.10', '203.0.113.11']);
  expect(facts.inside).toEqual([{ cidr: '10.20.0.0/24', isNeutron: false, interface: 'int0' }]);
});

test('an address without a network around it is a gateway when there is no other', () => {
  const facts = parseFacts('edge', 'edge', [link('ppp0', '203.0.113.10/32')], [{ dst: 'default', dev: 'ppp0' }]);
  expect(facts.gateways).toEqual(['203.0.113.10']);
});

test('blackholes and routes through the outside interface add no inside network', () => {
  const routes = [
    { dst: 'default', dev: 'ext0' },
    { dst: '192.0.2.0/24', dev: 'ext0' },
    { type: 'blackhole', dst: '10.66.0.0/16' },
  ];
  expect(parseFacts('edge', 'edge', [link('ext0', '203.0.113.10/24')], routes).inside).toEqual([]);
});

test('listening processes: on all addresses, on one, over IPv6 for both', () => {
  const output = [
    'udp   UNCONN 0      0            0.0.0.0:500        0.0.0.0:*',
    'tcp   LISTEN 0      128          0.0.0.0:9697       0.0.0.0:*',
    'tcp   LISTEN 0      128    203.0.113.10%qg-1:22     0.0.0.0:*',
    'tcp   LISTEN 0      128                *:80               *:*',
    'tcp   LISTEN 0      128            [::1]:81            [::]:*',
    '',
  ].join('\n');
  expect(parseListeners(output).map(({ protocol, cidr, first }) => `${protocol} ${cidr} ${first}`)).toEqual([
    'udp 0.0.0.0/0 500',
    'tcp 0.0.0.0/0 9697',
    'tcp 203.0.113.10/32 22',
    'tcp 0.0.0.0/0 80',
  ]);
});

test('connections are read with both directions; other protocols are left out', () => {
  const output = `ipv4     2 tcp      6 431999 ESTABLISHED src=203.0.113.2 dst=203.0.113.235 sport=47918 dport=4022 src=10.20.0.90 dst=203.0.113.2 sport=8080 dport=47918 [ASSURED] mark=67108864 use=1
ipv4     2 udp      17 29 src=203.0.113.2 dst=203.0.113.235 sport=40000 dport=4053 [UNREPLIED] src=203.0.113.235 dst=203.0.113.2 sport=4053 dport=40000 mark=0 use=1
ipv4     2 icmp     1 29 src=203.0.113.2 dst=203.0.113.235 type=8 code=0 id=1 src=203.0.113.235 dst=203.0.113.2 type=0 code=0 id=1 mark=0 use=1
ipv6     10 tcp      6 431999 ESTABLISHED src=2001:db8::1 dst=2001:db8::2 sport=1 dport=2 src=2001:db8::2 dst=2001:db8::1 sport=2 dport=1 [ASSURED] mark=0 use=1
`;
  expect(parseFlows(output)).toEqual([
    {
      protocol: 'tcp',
      sourceIp: '203.0.113.2',
      sourcePort: 47918,
      destinationIp: '203.0.113.235',
      destinationPort: 4022,
      replyIp: '10.20.0.90',
      replyPort: 8080,
      state: 'ESTABLISHED',
    },
    {
      protocol: 'udp',
      sourceIp: '203.0.113.2',
      sourcePort: 4e4,
      destinationIp: '203.0.113.235',
      destinationPort: 4053,
      replyIp: '203.0.113.235',
      replyPort: 4053,
    },
  ]);
});

test.each(['SYN_SENT', 'TIME_WAIT', 'SYN_SENT2'])('a TCP connection in the state %s is read with it', (state) => {
  const ends = 'src=203.0.113.2 dst=203.0.113.235 sport=1 dport=2 src=10.20.0.90 dst=203.0.113.2 sport=2 dport=1';
  expect(parseFlows(`ipv4     2 tcp      6 119 ${state} ${ends} mark=0 use=1\n`)).toMatchObject([{ state }]);
  expect(parseFlows(`tcp      6 119 ${state} ${ends} mark=0 use=1\n`)).toMatchObject([{ state }]);
});

const script = '*nat\n-A a\n-D b\nCOMMIT\n';
test.each([
  ['iptables-restore: line 3 failed: Bad rule (does a matching rule exist in that chain?).', 'line 3: -D b'],
  ['Error occurred at line: 2', 'line 2: -A a'],
  ['/dev/stdin:2:19-23: Error: No such file or directory', 'line 2: -A a'],
  ['something else', ''],
])('the error for "%s" has the refused line', (stderr, line) => {
  const error = refusal({ exitCode: 1, stdout: '', stderr }, { router: 'edge', tool: 'iptables-restore', script });
  expect(error).toMatchObject({ code: 'KERNEL_REFUSED', facts: { line, output: stderr } });
});

test('a listing that fails is no refusal of a change', () => {
  const attempt = { router: 'edge', tool: 'iptables-save' };
  const failed = (stderr: string) => refusal({ exitCode: 4, stdout: '', stderr }, attempt);
  expect(failed('cannot fetch\n')).toMatchObject({
    code: 'KERNEL_UNREADABLE',
    facts: { router: 'edge', output: 'cannot fetch' },
  });
  expect(failed('')).toMatchObject({ code: 'KERNEL_UNREADABLE', facts: { output: 'exit code 4' } });
});

test('missing permissions and missing programs have their own errors', () => {
  const attempt = { router: 'edge', tool: 'nft', script };
  const result = (exitCode: number, stderr: string) => ({ exitCode, stdout: '', stderr });
  expect(refusal(result(4, 'Permission denied (you must be root)'), attempt)).toMatchObject({ code: 'NOT_PERMITTED' });
  expect(refusal(result(1, 'Operation not permitted'), attempt)).toMatchObject({ code: 'NOT_PERMITTED' });
  expect(refusal(result(127, ''), attempt)).toMatchObject({ code: 'TOOL_MISSING' });
});

test('only a whole comment of praas names a mapping', () => {
  const id = '0b0e0a52-6a52-4a4e-8d3b-0a4d4f1d9f11';
  expect(mappingIdIn(`praas:${id}`)).toBe(id);
  for (const other of [undefined, '', 'praas:', `x praas:${id}`, `praas:${id} `, 'praas:0b0e0a52']) {
    expect(mappingIdIn(other)).toBeUndefined();
  }
});

test('connections are ended together: by endpoint and server, or by source where some of them are kept', () => {
  const flow = (sourceIp: string, sourcePort: number, replyIp = '10.20.0.51') => ({
    protocol: 'tcp' as const,
    sourceIp,
    sourcePort,
    destinationIp: '203.0.113.10',
    destinationPort: 4022,
    replyIp,
    replyPort: 22,
  });
  const crowd = Array.from({ length: 20_000 }, (_, index) => flow(`192.0.2.${index % 250}`, index + 1));
  const lead = '--delete --proto tcp --orig-dst 203.0.113.10 --orig-port-dst 4022';
  const server = '--reply-src 10.20.0.51 --reply-port-src 22';
  expect(deletionsOf(crowd, [])).toEqual([`${lead} ${server}`]);
  expect(deletionsOf(crowd, [flow('198.51.100.7', 1, '10.20.0.52')])).toEqual([`${lead} ${server}`]);

  const narrowed = deletionsOf(
    [flow('192.0.2.1', 1), flow('192.0.2.1', 2), flow('192.0.2.2', 3)],
    [flow('198.51.100.7', 1)],
  );
  expect(narrowed).toEqual([`${lead} ${server} --orig-src 192.0.2.1`, `${lead} ${server} --orig-src 192.0.2.2`]);
});

test('a multipath default route makes all of its interfaces outside ones', () => {
  const links = [link('ext0', '203.0.113.10/24'), link('ext1', '198.51.100.10/24'), link('int0', '10.20.0.1/24')];
  const routes = [{ dst: 'default', nexthops: [{ dev: 'ext0' }, { dev: 'ext1' }] }];
  expect(parseFacts('edge', 'edge', links, routes).gateways).toEqual(['203.0.113.10', '198.51.100.10']);
});
