// A node that praas leaves: its routers are as they were before it came.
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Dataplane } from '../../src/pat/interfaces/dataplane.ts';
import { removeAllForwards } from '../../src/pat/reconcile/cleanup.ts';
import { BACKENDS, realDataplane } from '../support/dataplane.ts';
import { kernelOf } from '../support/kernel-view.ts';
import { testNode } from '../support/node.ts';
import { type TestWorld, testWorld } from '../support/world.ts';

/** So long is listened for an answer that must not come. */
const SILENCE_MS = 300;
const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** The kernel's parts for this router alone: the machine may have others. */
function only(world: TestWorld, backend: (typeof BACKENDS)[number]): Dataplane {
  const dataplane = realDataplane(backend);
  dataplane.routers = async () => [world.router_id];
  return dataplane;
}

describe.each(BACKENDS)('%s', (backend) => {
  test('ports are closed, connections end, and nothing of praas is left', async () => {
    const world = await testWorld({ router: 'neutron', neutronRules: true });
    const dataplane = only(world, backend);
    const node = testNode(backend, dataplane);
    cleanups.push(async () => {
      await node.close();
      await world.remove();
    });
    await world.web.listen({ protocol: 'tcp', port: 80 });
    const before = await kernelOf(world);
    const request = { router_id: world.router_id, server_ip: '10.20.0.51', server_port: 80 };
    const { value: mapping } = await node.pat.create({ ...request, masquerade: 'always' });
    const goal = { protocol: 'tcp', address: world.gateway, port: mapping.router_port } as const;
    const held = await world.client.open(goal);
    expect(await held.send('before')).toMatchObject({ reply: 'web sees 10.20.0.1' });

    expect(await removeAllForwards(dataplane)).toBe(1);

    expect(await kernelOf(world)).toBe(before);
    expect(await world.client.connect(goal)).not.toHaveProperty('reply');
    expect(await held.send('after', SILENCE_MS)).not.toHaveProperty('reply', 'web sees 10.20.0.1');
    await held.close();
    expect(await removeAllForwards(dataplane)).toBe(0);
  });

  test('chains with unmanaged rules stay', async () => {
    const world = await testWorld({ router: 'plain' });
    cleanups.push(() => world.remove());
    const theirs = ['*nat', '-N custom-PREROUTING', '-I PREROUTING -j custom-PREROUTING'];
    const rule = '-A custom-PREROUTING -p tcp -m tcp --dport 4022 -j DNAT --to-destination 10.20.0.51:22';
    await world.run('iptables-restore', ['--noflush'], [...theirs, rule, 'COMMIT', ''].join('\n'));
    expect(await removeAllForwards(only(world, backend))).toBe(0);
    expect(await world.run('iptables-save', ['-t', 'nat'])).toContain(rule);
  });
});
