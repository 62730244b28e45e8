// An HA router is on several nodes, and its addresses on the active one only. Here keepalived's part is played by hand.
import { afterEach, describe, expect, test } from '@jest/globals';
import { BACKENDS } from '../support/dataplane.ts';
import { forwardsInKernel } from '../support/kernel-view.ts';
import { testNode } from '../support/node.ts';
import { expectClosed, expectOpen, type TestWorld, testWorld } from '../support/world.ts';

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const addresses = ({ names }: TestWorld): (readonly [string, string])[] => [
  ['203.0.113.10/24', names.outsideInterface],
  ['10.20.0.1/24', names.insideInterface],
];

/** The interface that every instance keeps, with an address of its own. */
async function makeHa({ run }: TestWorld): Promise<void> {
  await run('ip', ['link', 'add', 'name', 'ha-5be5f541-c7', 'type', 'veth', 'peer', 'name', 'others']);
  await run('ip', ['addr', 'add', '169.254.193.195/18', 'dev', 'ha-5be5f541-c7']);
  await run('ip', ['link', 'set', 'ha-5be5f541-c7', 'up']);
}

async function standBy(world: TestWorld): Promise<void> {
  for (const [address, name] of addresses(world)) await world.run('ip', ['addr', 'del', address, 'dev', name]);
}

async function becomeActive(world: TestWorld): Promise<void> {
  for (const [address, name] of addresses(world)) await world.run('ip', ['addr', 'add', address, 'dev', name]);
  await world.run('ip', ['route', 'add', 'default', 'via', '203.0.113.2']);
}

describe.each(BACKENDS)('%s', (backend) => {
  test('a standby instance has the rules, reports why it is DOWN, and carries packets as soon as it is active', async () => {
    const world = await testWorld({ router: 'neutron', neutronRules: true });
    cleanups.push(() => world.remove());
    const node = testNode(backend);
    cleanups.push(() => node.close());
    await world.web.listen({ protocol: 'tcp', port: 80 });
    await makeHa(world);
    const request = { router_id: world.router_id, server_ip: '10.20.0.51', server_port: 80 };
    const { value: mapping } = await node.pat.create(request);
    const goal = { protocol: 'tcp' as const, address: world.gateway, port: mapping.router_port };
    await expectOpen(world.client, goal, 'web sees 203.0.113.2');
    const [rule] = await forwardsInKernel(world, backend);
    expect(rule).toContain(mapping.id);

    // As after a restart of the node: nothing of ours is there, and no address comes.
    await standBy(world);
    await world.run('iptables', ['-t', 'nat', '-F', 'PREROUTING']);
    if (backend === 'nftables') await world.run('nft', ['delete', 'table', 'ip', 'praas']);
    else await world.run('iptables', ['-t', 'nat', '-F', 'custom-PREROUTING']);
    await node.pat.sync(world.router_id);
    expect(await forwardsInKernel(world, backend)).toEqual([rule]);
    expect(await node.pat.get(mapping.id)).toMatchObject({ status: 'DOWN', status_code: 'ROUTER_STANDBY' });
    await expectClosed(world.client, goal);

    await becomeActive(world);
    await expectOpen(world.client, goal, 'web sees 203.0.113.2');
    expect((await node.pat.sync(world.router_id)).value).toEqual({ added: 0, removed: 0, moved: 0 });
    expect(await node.pat.get(mapping.id)).toMatchObject({ status: 'ACTIVE', status_reason: '' });

    await standBy(world);
    expect((await node.pat.sync(world.router_id)).value).toEqual({ added: 0, removed: 0, moved: 0 });
    expect(await node.pat.get(mapping.id)).toMatchObject({ status: 'DOWN', status_code: 'ROUTER_STANDBY' });
    expect(await forwardsInKernel(world, backend)).toEqual([rule]);
  });
});
