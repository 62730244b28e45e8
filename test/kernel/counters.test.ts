// The traffic through a forward: how many connections it has had, and those that it has now.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Forward } from '../../src/pat/mapping/forward.ts';
import { plan } from '../../src/pat/plan/plan.ts';
import { BACKENDS, realDataplane } from '../support/dataplane.ts';
import { type TestWorld, testWorld } from '../support/world.ts';

const TCP: Forward = {
  mapping_id: '00000000-0000-4000-8000-000000000001',
  protocol: 'tcp',
  gateway_ip: '203.0.113.10',
  router_port: 4001,
  server_ip: '10.20.0.51',
  server_port: 80,
  allowed_cidrs: [],
  masquerade: true,
  scopeMark: undefined,
};
const UDP: Forward = { ...TCP, mapping_id: '00000000-0000-4000-8000-000000000002', protocol: 'udp' };
const goalOf = ({ protocol, gateway_ip, router_port }: Forward) => ({
  protocol,
  address: gateway_ip,
  port: router_port,
});

describe.each(BACKENDS)('%s', (backend) => {
  let world: TestWorld;
  const dataplane = realDataplane(backend);
  const other = realDataplane(backend === 'iptables' ? 'nftables' : 'iptables');

  const publish = async (through: typeof dataplane, forwards: readonly Forward[]): Promise<void> => {
    const { missingBaseChains } = await through.observe(world.router_id);
    await through.apply(world.router_id, plan(forwards, [], missingBaseChains));
  };

  beforeAll(async () => {
    world = await testWorld({ router: 'neutron', neutronRules: true });
    for (const protocol of ['tcp', 'udp'] as const) await world.web.listen({ protocol, port: 80 });
  });
  afterAll(() => world?.remove());

  test('a connection counts once, however much it carries, and is listed with its state', async () => {
    await publish(dataplane, [TCP, UDP]);
    const [tcp, udp] = await Promise.all([world.client.open(goalOf(TCP)), world.client2.open(goalOf(UDP))]);
    for (const text of ['one', 'two', 'three']) for (const held of [tcp, udp]) await held.send(text);

    const { forwards } = await dataplane.observe(world.router_id);
    const packetCounts = forwards.map(({ mapping_id, counters }) => `${mapping_id} ${counters?.packets}`);
    expect(packetCounts.toSorted()).toEqual([`${TCP.mapping_id} 1`, `${UDP.mapping_id} 1`]);
    const flows = await dataplane.flows(world.router_id, [TCP, UDP]);
    const states = flows.map(({ protocol, sourceIp, state }) => `${protocol} ${sourceIp} ${state}`);
    expect(states.toSorted()).toEqual(['tcp 203.0.113.2 ESTABLISHED', 'udp 198.51.100.7 undefined']);
    await Promise.all([tcp.close(), udp.close()]);
    await dataplane.apply(world.router_id, { remove: forwards, add: [], missingBaseChains: undefined });
  });

  test('rules of the other backend are observed without counters, beside those of the backend in use', async () => {
    await publish(other, [TCP]);
    await world.client.connect(goalOf(TCP));
    await publish(dataplane, [TCP]);

    const { forwards } = await dataplane.observe(world.router_id);

    expect(forwards).toMatchObject([
      { mapping_id: TCP.mapping_id, forward: TCP, counters: { packets: 0 } },
      { mapping_id: TCP.mapping_id, forward: undefined },
    ]);
    expect(forwards[1]).not.toHaveProperty('counters');
    const [observed] = (await other.observe(world.router_id)).forwards;
    expect(observed?.counters?.packets).toBe(1);
  });
});
