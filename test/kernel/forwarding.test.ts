// What stops forwarded packets in a router beside the rules of praas, as `pat check` reads it: each with packets.
import { afterEach, describe, expect, test } from '@jest/globals';
import type { BackendName } from '../../src/netfilter/backend.ts';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import type { FilterVerdict, ForwardedPacket } from '../../src/pat/router/forwarding.ts';
import { BACKENDS, realDataplane } from '../support/dataplane.ts';
import { testNode } from '../support/node.ts';
import { expectClosed, expectOpen, type TestWorld, testWorld } from '../support/world.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const dataplane = realDataplane('iptables');

async function published(
  backend: BackendName = 'iptables',
): Promise<{ world: TestWorld; mapping: Mapping; packet: ForwardedPacket }> {
  const world = await testWorld({ router: 'neutron', neutronRules: true });
  cleanups.push(() => world.remove());
  const node = testNode(backend, realDataplane(backend));
  cleanups.push(() => node.close());
  await world.web.listen({ protocol: 'tcp', port: 80 });
  const request = { router_id: world.router_id, server_ip: '10.20.0.51', server_port: 80 };
  const mapping = (await node.pat.create(request)).value;
  const { protocol, server_ip, server_port, gateway_ip, router_port } = mapping;
  const { outsideInterface: from, insideInterface: to } = world.names;
  const inside = ['10.20.0.0/24'];
  return { world, mapping, packet: { protocol, server_ip, server_port, gateway_ip, router_port, from, to, inside } };
}

const goalOf = ({ protocol, gateway_ip, router_port }: Mapping) => ({
  protocol,
  address: gateway_ip,
  port: router_port,
});

test('a router of Neutron forwards, none of its rules drops the packets, and its interfaces are up', async () => {
  const { world, mapping, packet } = await published();
  const forwarding = await dataplane.forwarding(world.router_id);

  expect(forwarding).toMatchObject({ isEnabled: true, disabledInterfaces: [] });
  expect(forwarding.filter(packet)).toEqual({ verdict: 'accepts' });
  expect(forwarding.interfaces).toContainEqual({ name: packet.from, isUp: true, addresses: [world.gateway] });
  await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');
});

test('forwarding that is off', async () => {
  const { world, mapping } = await published();
  await world.run('sysctl', ['-q', '-w', 'net.ipv4.ip_forward=0']);

  await expectClosed(world.client, goalOf(mapping));
  expect((await dataplane.forwarding(world.router_id)).isEnabled).toBe(false);

  await world.run('sysctl', ['-q', '-w', 'net.ipv4.ip_forward=1']);
  await world.run('sysctl', ['-q', '-w', `net/ipv4/conf/${world.names.outsideInterface}/forwarding=0`]);
  await expectClosed(world.client, goalOf(mapping));
  const { isEnabled, disabledInterfaces } = await dataplane.forwarding(world.router_id);
  expect({ isEnabled, disabledInterfaces }).toEqual({
    isEnabled: true,
    disabledInterfaces: [world.names.outsideInterface],
  });

  await world.run('sysctl', ['-q', '-w', `net/ipv4/conf/${world.names.outsideInterface}/forwarding=1`]);
  await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');
});

const NFT =
  'table inet fw { chain f { type filter hook forward priority 5; policy accept; ip daddr 10.20.0.51 tcp dport 80 drop; }; }\n';
const POLICY =
  'table inet fw { chain f { type filter hook forward priority 5; policy drop; ct state established,related accept; }; }\n';

test.each<[string, readonly string[], string | undefined, FilterVerdict]>([
  [
    'the policy of iptables',
    ['iptables', '-P', 'FORWARD', 'DROP'],
    undefined,
    { verdict: 'drops', by: '-P FORWARD DROP in table filter' },
  ],
  [
    'a rule of iptables',
    ['iptables', '-A', 'FORWARD', '-d', '10.20.0.51', '-p', 'tcp', '--dport', '80', '-j', 'DROP'],
    undefined,
    { verdict: 'drops', by: '-A FORWARD -d 10.20.0.51/32 -p tcp -m tcp --dport 80 -j DROP in table filter' },
  ],
  [
    'a rule of iptables for some clients',
    ['iptables', '-A', 'FORWARD', '-s', '203.0.113.0/24', '-j', 'DROP'],
    undefined,
    { verdict: 'may_drop', by: '-A FORWARD -s 203.0.113.0/24 -j DROP in table filter' },
  ],
  [
    'a rule of nftables',
    ['nft', '-f', '-'],
    NFT,
    { verdict: 'drops', by: expect.stringContaining('table inet fw, chain f') as unknown as string },
  ],
  [
    'the policy of nftables',
    ['nft', '-f', '-'],
    POLICY,
    { verdict: 'drops', by: 'policy drop of table inet fw, chain f' },
  ],
])('a filter that drops: %s', async (_what, [file = '', ...args], input, expected) => {
  const { world, mapping, packet } = await published();
  await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');
  await world.run(file, args, input);

  await expectClosed(world.client, goalOf(mapping));
  expect((await dataplane.forwarding(world.router_id)).filter(packet)).toEqual(expected);
});

const GATEWAY = ['-d', '203.0.113.10', '-p', 'tcp', '-m', 'tcp', '--dport', '4000'];
const SERVER = ['-s', '10.20.0.51', '-p', 'tcp', '-m', 'tcp', '--sport', '80'];
const INTO = (hook: string, rule: string, where = ''): string =>
  `table ${where === '' ? 'inet' : 'netdev'} fw { chain c { type filter hook ${hook} ${where} priority -290; ${rule}; }; }\n`;
const REPLIES = { ofReplies: true } as const;

describe.each(BACKENDS)('rules that keep packets from passing, with %s', (backend) => {
  test.each<[string, readonly string[], (world: TestWorld) => string | undefined, object]>([
    [
      'raw',
      ['iptables', '-t', 'raw', '-A', 'PREROUTING', ...GATEWAY, '-j', 'DROP'],
      () => undefined,
      { verdict: 'drops' },
    ],
    [
      'mangle',
      ['iptables', '-t', 'mangle', '-A', 'PREROUTING', ...GATEWAY, '-j', 'DROP'],
      () => undefined,
      { verdict: 'drops' },
    ],
    [
      'raw, not tracked',
      ['iptables', '-t', 'raw', '-A', 'PREROUTING', ...GATEWAY, '-j', 'CT', '--notrack'],
      () => undefined,
      { verdict: 'drops' },
    ],
    [
      'postrouting',
      ['iptables', '-t', 'mangle', '-A', 'POSTROUTING', '-d', '10.20.0.51', '-j', 'DROP'],
      () => undefined,
      { verdict: 'drops' },
    ],
    [
      'replies in FORWARD',
      ['iptables', '-A', 'FORWARD', ...SERVER, '-j', 'DROP'],
      () => undefined,
      { verdict: 'drops', ...REPLIES },
    ],
    [
      'replies in raw',
      ['iptables', '-t', 'raw', '-A', 'PREROUTING', ...SERVER, '-j', 'DROP'],
      () => undefined,
      { verdict: 'drops', ...REPLIES },
    ],
    [
      'iptables-legacy',
      ['iptables-legacy', '-A', 'FORWARD', '-d', '10.20.0.51', '-j', 'DROP'],
      () => undefined,
      { verdict: 'drops' },
    ],
    [
      'a table of its own',
      ['nft', '-f', '-'],
      () => INTO('prerouting', 'ip daddr 203.0.113.10 tcp dport 4000 drop'),
      { verdict: 'drops' },
    ],
    [
      'replies in a table of its own',
      ['nft', '-f', '-'],
      () => INTO('prerouting', 'ip saddr 10.20.0.51 drop'),
      { verdict: 'drops', ...REPLIES },
    ],
    [
      'ingress',
      ['nft', '-f', '-'],
      ({ names }) => INTO('ingress', 'ip daddr 203.0.113.10 drop', `device ${names.outsideInterface}`),
      { verdict: 'may_drop' },
    ],
  ])('%s', async (_what, [file = '', ...args], input, expected) => {
    const { world, mapping, packet } = await published(backend);
    const filtered = async (): Promise<FilterVerdict> =>
      (await realDataplane(backend).forwarding(world.router_id)).filter(packet);
    await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');
    expect(await filtered()).toEqual({ verdict: 'accepts' });
    await world.run(file, args, input(world));

    await expectClosed(world.client, goalOf(mapping));
    expect(await filtered()).toEqual({ by: expect.any(String), ...expected });
  });

  test('an ACCEPT before the rules of praas in their table', async () => {
    const { world, mapping, packet } = await published(backend);
    await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');
    await world.run('iptables', ['-t', 'nat', '-I', 'PREROUTING', ...GATEWAY, '-j', 'ACCEPT']);

    const { verdict } = (await realDataplane(backend).forwarding(world.router_id)).filter(packet);
    // The table of the nftables backend comes before that of iptables.
    if (backend === 'nftables') await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');
    else await expectClosed(world.client, goalOf(mapping));
    expect(verdict).toBe(backend === 'nftables' ? 'accepts' : 'drops');
  });
});

test.each<[string, readonly string[], object]>([
  ['a route to the server that refuses', ['route', 'add', 'blackhole', '10.20.0.51'], { verdict: 'drops' }],
  ['a routing rule for the server', ['rule', 'add', 'to', '10.20.0.0/24', 'prohibit'], { verdict: 'drops' }],
  [
    'a routing rule for replies',
    ['rule', 'add', 'from', '10.20.0.0/24', 'unreachable'],
    { verdict: 'drops', ...REPLIES },
  ],
  ['a routing rule for some clients', ['rule', 'add', 'from', '203.0.113.2', 'blackhole'], { verdict: 'may_drop' }],
])('routing that refuses: %s', async (_what, words, expected) => {
  const { world, mapping, packet } = await published();
  const routed = async (): Promise<FilterVerdict> =>
    (await dataplane.forwarding(world.router_id, [mapping])).route(packet);
  await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');
  expect(await routed()).toEqual({ verdict: 'accepts' });
  await world.run('ip', words);

  await expectClosed(world.client, goalOf(mapping));
  expect(await routed()).toEqual({ by: expect.any(String), ...expected });
});

test.each(['outsideInterface', 'insideInterface'] as const)('the %s that is down', async (side) => {
  const { world } = await published();
  const name = world.names[side];
  await world.run('ip', ['link', 'set', name, 'down']);

  const { interfaces } = await dataplane.forwarding(world.router_id);
  expect(interfaces.filter(({ isUp }) => !isUp).map((each) => each.name)).toEqual([name]);
});
