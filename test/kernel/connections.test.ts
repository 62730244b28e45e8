// Connections outlive rules in the kernel: a mapping's own must not outlive the mapping.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import { BACKENDS } from '../support/dataplane.ts';
import { type TestNode, testNode } from '../support/node.ts';
import { expectOpen, type TestWorld, testWorld } from '../support/world.ts';

/** So long is listened for an answer that must not come. */
const SILENCE_MS = 300;

describe.each(BACKENDS)('%s', (backend) => {
  let world: TestWorld;
  let node: TestNode;

  beforeAll(async () => {
    world = await testWorld({ router: 'neutron', neutronRules: true });
    node = testNode(backend);
    for (const protocol of ['tcp', 'udp'] as const) {
      await Promise.all([world.web.listen({ protocol, port: 80 }), world.db.listen({ protocol, port: 80 })]);
    }
  });
  afterAll(async () => {
    await node?.close();
    await world?.remove();
  });

  const publish = async (protocol: 'tcp' | 'udp'): Promise<Mapping> => {
    const request = { router_id: world.router_id, server_ip: '10.20.0.51', server_port: 80, protocol };
    return (await node.pat.create(request)).value;
  };
  const goalOf = ({ protocol, gateway_ip, router_port }: Mapping) => ({
    protocol,
    address: gateway_ip,
    port: router_port,
  });

  describe.each(['tcp', 'udp'] as const)('%s', (protocol) => {
    const endings: [string, (mapping: Mapping) => Promise<unknown>][] = [
      ['deleted', ({ id }) => node.pat.delete([id])],
      [
        'moved to another router port',
        ({ id }) => node.pat.update(id, { router_port: 4700 + (protocol === 'tcp' ? 0 : 1) }),
      ],
      ['given another server', ({ id }) => node.pat.update(id, { server_ip: '10.20.0.52' })],
      ['disabled', ({ id }) => node.pat.update(id, { enabled: false })],
      ['narrowed to others', ({ id }) => node.pat.update(id, { allowed_cidrs: ['198.51.100.0/24'] })],
    ];

    test.each(endings)('a connection ends when its mapping is %s', async (_, change) => {
      const mapping = await publish(protocol);
      const held = await world.client.open(goalOf(mapping));
      expect(await held.send('before')).toMatchObject({ reply: 'web sees 203.0.113.2' });

      await change(mapping);

      const after = await held.send('after', SILENCE_MS);
      expect(after).not.toHaveProperty('reply', 'web sees 203.0.113.2');
      await held.close();
      await node.pat.delete([mapping.id]).catch(() => undefined);
    });

    test('connections that a narrowed mapping still allows go on, and so do those of other mappings', async () => {
      const [mapping, other] = [await publish(protocol), await publish(protocol)];
      const allowed = await world.client2.open(goalOf(mapping));
      const refused = await world.client.open(goalOf(mapping));
      const beside = await world.client.open(goalOf(other));
      for (const held of [allowed, refused, beside]) await held.send('before');

      await node.pat.update(mapping.id, { allowed_cidrs: ['198.51.100.0/24'], name: 'narrow' });

      expect(await allowed.send('after')).toMatchObject({ reply: 'web sees 198.51.100.7' });
      expect(await refused.send('after', SILENCE_MS)).not.toHaveProperty('reply');
      expect(await beside.send('after')).toMatchObject({ reply: 'web sees 203.0.113.2' });
      await Promise.all([allowed, refused, beside].map((held) => held.close()));
      await node.pat.delete([mapping.id, other.id]);
    });

    test('a change of the name, and a repair of flushed rules, end no connection', async () => {
      const mapping = await publish(protocol);
      const held = await world.client.open(goalOf(mapping));
      await held.send('before');
      await node.pat.update(mapping.id, { name: 'renamed' });
      expect(await held.send('after')).toMatchObject({ reply: 'web sees 203.0.113.2' });

      const flush =
        backend === 'iptables'
          ? ['iptables', '-t', 'nat', '-F', 'custom-PREROUTING']
          : ['nft', 'flush', 'map', 'ip', 'praas', 'open'];
      await world.run(flush[0] ?? '', flush.slice(1));
      expect((await node.pat.sync(world.router_id)).value.added).toBe(1);
      expect(await held.send('still')).toMatchObject({ reply: 'web sees 203.0.113.2' });
      await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');
      await held.close();
      await node.pat.delete([mapping.id]);
    });
  });

  test('a UDP client that was sending before the mapping was created gets through with the same socket', async () => {
    const goal = { protocol: 'udp' as const, address: world.gateway, port: 4710 };
    const early = await world.client.open(goal);
    expect(await early.send('too early', SILENCE_MS)).not.toHaveProperty('reply');

    const request = { router_id: world.router_id, server_ip: '10.20.0.51', server_port: 80, protocol: 'udp' as const };
    const { value: mapping } = await node.pat.create({ ...request, router_port: goal.port });

    expect(await early.send('now')).toMatchObject({ reply: 'web sees 203.0.113.2' });
    await early.close();
    await node.pat.delete([mapping.id]);
  });
});
