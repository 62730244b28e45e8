// What other programs have in the namespace stays byte for byte, whatever praas does beside it.
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { BACKENDS } from '../support/dataplane.ts';
import { type TestNode, testNode } from '../support/node.ts';
import { type TestWorld, testWorld } from '../support/world.ts';

const NEUTRON = new URL('../golden/neutron/', import.meta.url);
const OURS = /custom-(PRE|POST)ROUTING/;
const cleanups: (() => Promise<void>)[] = [];

async function setUp(backend: (typeof BACKENDS)[number]): Promise<{ world: TestWorld; node: TestNode }> {
  const world = await testWorld({ router: 'neutron' });
  const node = testNode(backend);
  cleanups.push(async () => {
    await node.close();
    await world.remove();
  });
  return { world, node };
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** iptables-save without the lines of praas, counters and times. */
async function others(world: TestWorld): Promise<string> {
  const saved = await world.run('iptables-save', []);
  const lines = saved.split('\n').filter((line) => !OURS.test(line) && !line.startsWith('#'));
  return lines.map((line) => line.replace(/\[\d+:\d+\]/, '[0:0]')).join('\n');
}

describe.each(BACKENDS)('%s', (backend) => {
  test.each(readdirSync(NEUTRON))("Neutron's rules survive a mapping's whole life: %s", async (file) => {
    const { world, node } = await setUp(backend);
    await world.run('iptables-restore', [], readFileSync(new URL(file, NEUTRON), 'utf8'));
    const before = await others(world);
    expect(before).toContain('neutron-l3-agent-PREROUTING');

    const request = { router_id: world.router_id, server_ip: '10.20.0.51', server_port: 22 };
    const { value: mapping } = await node.pat.create({
      ...request,
      masquerade: 'always',
      allowed_cidrs: ['192.0.2.0/24'],
    });
    expect(await others(world)).toBe(before);
    await node.pat.update(mapping.id, { router_port: 4050, allowed_cidrs: [] });
    expect(await others(world)).toBe(before);
    await node.pat.delete([mapping.id]);
    expect(await others(world)).toBe(before);
  });
});

test('unmanaged rules in the chains of praas, another nftables table, and rules before the jumps stay where they are', async () => {
  const { world, node } = await setUp('iptables');
  const rules = [
    '-N custom-PREROUTING',
    '-N custom-POSTROUTING',
    '-I PREROUTING -j custom-PREROUTING',
    '-I POSTROUTING -j custom-POSTROUTING',
    '-A custom-PREROUTING -p tcp -m tcp --dport 4022 -j DNAT --to-destination 192.168.21.227:22',
    '-A custom-POSTROUTING -d 192.168.21.227/32 -p tcp -m tcp --dport 22 -j MASQUERADE',
    '-A custom-PREROUTING -p udp -m comment --comment "it\'s \\"mine\\"" -j RETURN',
    '-I PREROUTING -p tcp -m tcp --dport 9999 -j RETURN',
  ];
  await world.run('iptables-restore', ['--noflush'], ['*nat', ...rules, 'COMMIT', ''].join('\n'));
  await world.run('nft', ['-f', '-'], 'table ip foreign { chain c { type nat hook prerouting priority -110; }; }\n');
  const foreign = async () => {
    const saved = (await world.run('iptables-save', ['-t', 'nat'])).split('\n');
    return [
      ...saved.filter((line) => line.startsWith('-A') && !line.includes('praas:')),
      await world.run('nft', ['list', 'table', 'ip', 'foreign']),
    ];
  };
  const before = await foreign();

  const request = { router_id: world.router_id, server_ip: '10.20.0.51', server_port: 22 };
  const { value: mapping } = await node.pat.create(request);
  await node.pat.update(mapping.id, { masquerade: 'always' });
  expect(await foreign()).toEqual(before);
  await expect(node.pat.create({ ...request, router_port: 4022 })).rejects.toMatchObject({
    code: 'PORT_TAKEN',
    facts: {
      by: {
        kind: 'rule',
        rule: expect.stringContaining('-A custom-PREROUTING -p tcp -m tcp --dport 4022'),
      },
    },
  });
  await node.pat.delete([mapping.id]);
  expect(await foreign()).toEqual(before);
});

test('changing the backend moves every mapping, and leaves nothing in the old one', async () => {
  const { world, node } = await setUp('iptables');
  await world.web.listen({ protocol: 'tcp', port: 80 });
  const request = { router_id: world.router_id, server_ip: '10.20.0.51', server_port: 80 };
  const { value: mapping } = await node.pat.create({ ...request, masquerade: 'always' });
  const nft = testNode('nftables', undefined, node.state_dir);
  cleanups.unshift(() => nft.close());
  await node.release();

  expect((await nft.pat.sync(world.router_id)).value).toEqual({ added: 1, removed: 1, moved: 0 });

  expect(await world.run('iptables-save', ['-t', 'nat'])).not.toContain('praas:');
  expect(await world.run('nft', ['list', 'table', 'ip', 'praas'])).toContain(`praas:${mapping.id}`);
  const reply = await world.client.connect({ protocol: 'tcp', address: world.gateway, port: mapping.router_port });
  expect(reply).toMatchObject({ reply: 'web sees 10.20.0.1' });
});
