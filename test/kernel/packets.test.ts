// What a caller outside and a server inside see of a mapping: closed before, open after, closed again. Real packets, both
// backends, beside the rules that Neutron keeps in such a router.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import type { MappingRequestInput } from '../../src/pat/mapping/request.ts';
import { BACKENDS } from '../support/dataplane.ts';
import { type TestNode, testNode } from '../support/node.ts';
import { expectClosed, expectOpen, type TestWorld, testWorld } from '../support/world.ts';

const HOUR_MS = 3_600_000;

describe.each(BACKENDS)('%s', (backend) => {
  let world: TestWorld;
  let node: TestNode;

  beforeAll(async () => {
    world = await testWorld({ router: 'neutron', neutronRules: true });
    node = testNode(backend);
    for (const protocol of ['tcp', 'udp'] as const) {
      await Promise.all([world.web.listen({ protocol, port: 80 }), world.db.listen({ protocol, port: 80 })]);
      await world.web.listen({ protocol, port: 81 });
    }
  });
  afterAll(async () => {
    await node?.close();
    await world?.remove();
  });

  const publish = async (input: Partial<MappingRequestInput> = {}): Promise<Mapping> => {
    const request = { router_id: world.router_id, server_ip: '10.20.0.51', server_port: 80, ...input };
    return (await node.pat.create(request)).value;
  };
  const goalOf = ({ protocol, gateway_ip, router_port }: Mapping) => ({
    protocol,
    address: gateway_ip,
    port: router_port,
  });
  const remove = ({ id }: Mapping) => node.pat.delete([id]);

  describe.each(['tcp', 'udp'] as const)('%s', (protocol) => {
    test('create opens the port, the server sees the client, delete closes it', async () => {
      const goal = { protocol, address: world.gateway, port: 4500 + 1 };
      await expectClosed(world.client, goal);

      const mapping = await publish({ protocol, router_port: goal.port });
      expect(mapping.status).toBe('ACTIVE');
      await expectOpen(world.client, goal, 'web sees 203.0.113.2');

      await remove(mapping);
      await expectClosed(world.client, goal);
    });

    test('only allowed sources get in; changing and clearing the list takes effect at once', async () => {
      const mapping = await publish({ protocol, allowed_cidrs: ['198.51.100.0/24'] });
      const goal = goalOf(mapping);
      await expectClosed(world.client, goal);
      await expectOpen(world.client2, goal, 'web sees 198.51.100.7');

      await node.pat.update(mapping.id, { allowed_cidrs: ['203.0.113.2'] });
      await expectOpen(world.client, goal, 'web sees 203.0.113.2');
      await expectClosed(world.client2, goal);

      await node.pat.update(mapping.id, { allowed_cidrs: [] });
      await expectOpen(world.client2, goal, 'web sees 198.51.100.7');
      await remove(mapping);
      await expectClosed(world.client2, goal);
    });

    test('masquerade: the server sees the caller (auto, never) or the router (always)', async () => {
      const mapping = await publish({ protocol });
      const goal = goalOf(mapping);
      await expectOpen(world.client, goal, 'web sees 203.0.113.2');
      await node.pat.update(mapping.id, { masquerade: 'always' });
      await expectOpen(world.client, goal, 'web sees 10.20.0.1');
      await node.pat.update(mapping.id, { masquerade: 'never' });
      await expectOpen(world.client, goal, 'web sees 203.0.113.2');
      await remove(mapping);
      await expectClosed(world.client, goal);
    });

    test('hairpin: servers inside use the gateway address too, also to reach themselves', async () => {
      const goal = { protocol, address: world.gateway, port: 4502 };
      await expectClosed(world.db, goal);
      const mapping = await publish({ protocol, router_port: goal.port });
      await expectOpen(world.db, goal, `web sees ${world.gateway}`);
      await expectOpen(world.web, goal, `web sees ${world.gateway}`);
      await remove(mapping);
      await expectClosed(world.db, goal);
    });

    test('update moves the router port, the server and the server port', async () => {
      const mapping = await publish({ protocol });
      const before = goalOf(mapping);
      await expectOpen(world.client, before, 'web sees 203.0.113.2');

      const moved = (await node.pat.update(mapping.id, { router_port: 4503 })).value;
      await expectClosed(world.client, before);
      await expectOpen(world.client, goalOf(moved), 'web sees 203.0.113.2');

      await node.pat.update(mapping.id, { server_ip: '10.20.0.52' });
      await expectOpen(world.client, goalOf(moved), 'db sees 203.0.113.2');
      await node.pat.update(mapping.id, { server_ip: '10.20.0.51', server_port: 81 });
      await expectOpen(world.client, goalOf(moved), 'web sees 203.0.113.2');
      await node.pat.update(mapping.id, { server_port: 82 });
      await expectClosed(world.client, goalOf(moved));
      await remove(mapping);
    });

    test('disable closes, enable opens again', async () => {
      const mapping = await publish({ protocol });
      const disabled = (await node.pat.update(mapping.id, { enabled: false })).value;
      expect(disabled).toMatchObject({ status: 'DOWN', status_code: 'DISABLED' });
      await expectClosed(world.client, goalOf(mapping));
      await node.pat.update(mapping.id, { enabled: true });
      await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');
      await remove(mapping);
      await expectClosed(world.client, goalOf(mapping));
    });

    test('what has expired is closed by the next sync, and open again when it never expires', async () => {
      const expires_at = new Date(node.clock.time.getTime() + HOUR_MS).toISOString();
      const mapping = await publish({ protocol, expires_at });
      await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');

      node.clock.time = new Date(node.clock.time.getTime() + HOUR_MS);
      expect(await node.pat.get(mapping.id)).toMatchObject({ status: 'PENDING', status_code: 'EXPIRY_PENDING' });
      await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');
      expect((await node.pat.sync(world.router_id)).value).toEqual({ added: 0, removed: 1, moved: 0 });
      await expectClosed(world.client, goalOf(mapping));
      expect(await node.pat.get(mapping.id)).toMatchObject({ status: 'DOWN', status_code: 'EXPIRED' });

      await node.pat.update(mapping.id, { expires_at: null });
      await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');
      await remove(mapping);
      await expectClosed(world.client, goalOf(mapping));
    });
  });

  test('TCP and UDP on one port are two mappings, and a server may be published on several ports', async () => {
    const tcp = await publish({ protocol: 'tcp', router_port: 4504 });
    const udp = await publish({ protocol: 'udp', router_port: 4504, server_ip: '10.20.0.52' });
    const again = await publish({ protocol: 'tcp', router_port: 4505 });
    await expectOpen(world.client, goalOf(tcp), 'web sees 203.0.113.2');
    await expectOpen(world.client, goalOf(udp), 'db sees 203.0.113.2');
    await expectOpen(world.client, goalOf(again), 'web sees 203.0.113.2');

    await remove(tcp);
    await expectClosed(world.client, goalOf(tcp));
    await expectOpen(world.client, goalOf(udp), 'db sees 203.0.113.2');
    await expectOpen(world.client, goalOf(again), 'web sees 203.0.113.2');
    await node.pat.delete([udp.id, again.id]);
  });

  test('other addresses of the router and other traffic to the server are left alone', async () => {
    const mapping = await publish({ router_port: 4506, masquerade: 'always' });
    await expectClosed(world.client, { protocol: 'tcp', address: '10.20.0.1', port: 4506 });
    await expectOpen(world.db, { protocol: 'tcp', address: '10.20.0.51', port: 80 }, 'web sees 10.20.0.52');
    await remove(mapping);
  });
});

describe.each(BACKENDS)('%s in a namespace without OpenStack', (backend) => {
  test('auto masquerades, so that callers inside and outside get their answers', async () => {
    const world = await testWorld({ router: 'plain' });
    const node = testNode(backend);
    try {
      await world.web.listen({ protocol: 'tcp', port: 80 });
      const request = { router_id: world.router_id, server_ip: '10.20.0.51', server_port: 80 };
      const { value: mapping } = await node.pat.create(request);
      const goal = { protocol: 'tcp' as const, address: world.gateway, port: mapping.router_port };
      await expectOpen(world.client, goal, 'web sees 10.20.0.1');
      await expectOpen(world.db, goal, 'web sees 10.20.0.1');
      await node.pat.update(mapping.id, { masquerade: 'never' });
      await expectOpen(world.client, goal, 'web sees 203.0.113.2');
      await node.pat.delete([mapping.id]);
      await expectClosed(world.client, goal);
    } finally {
      await node.close();
      await world.remove();
    }
  });
});
