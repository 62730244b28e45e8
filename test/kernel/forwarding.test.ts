// What stops forwarded packets in a router beside the rules of praas, as `pat check` reads it: each with packets.
import { afterEach, expect, test } from '@jest/globals';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import type { FilterVerdict, ForwardedPacket } from '../../src/pat/router/forwarding.ts';
import { realDataplane } from '../support/dataplane.ts';
import { testNode } from '../support/node.ts';
import { expectClosed, expectOpen, type TestWorld, testWorld } from '../support/world.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const dataplane = realDataplane('iptables');

async function published(): Promise<{ world: TestWorld; mapping: Mapping; packet: ForwardedPacket }> {
  const world = await testWorld({ router: 'neutron', neutronRules: true });
  cleanups.push(() => world.remove());
  const node = testNode('iptables', dataplane);
  cleanups.push(() => node.close());
  await world.web.listen({ protocol: 'tcp', port: 80 });
  const request = { router_id: world.router_id, server_ip: '10.20.0.51', server_port: 80 };
  const mapping = (await node.pat.create(request)).value;
  const { protocol, server_ip, server_port, gateway_ip, router_port } = mapping;
  const { outsideInterface: from, insideInterface: to } = world.names;
  return { world, mapping, packet: { protocol, server_ip, server_port, gateway_ip, router_port, from, to } };
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

test.each(['outsideInterface', 'insideInterface'] as const)('the %s that is down', async (side) => {
  const { world } = await published();
  const name = world.names[side];
  await world.run('ip', ['link', 'set', name, 'down']);

  const { interfaces } = await dataplane.forwarding(world.router_id);
  expect(interfaces.filter(({ isUp }) => !isUp).map((each) => each.name)).toEqual([name]);
});
