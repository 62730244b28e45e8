// What cannot be done is refused with a sentence that says why and what to do, and nothing has changed: not a rule in the
// kernel, not a byte of the state.
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import { BACKENDS } from '../support/dataplane.ts';
import { contentOf, type Shell, testShell } from '../support/executable.ts';
import { expectKernelEqualsStore, kernelOf } from '../support/kernel-view.ts';
import { expectOpen, type TestWorld, testWorld } from '../support/world.ts';

describe.each(BACKENDS)('%s', (backend) => {
  let world: TestWorld;
  let shell: Shell;
  let web: Mapping;

  beforeAll(async () => {
    world = await testWorld({ router: 'neutron', neutronRules: true });
    shell = testShell({ backend });
    // A node that has no other namespaces than this one.
    const netns_dir = join(shell.directory, 'netns');
    mkdirSync(netns_dir);
    symlinkSync(`/run/netns/${world.namespace}`, join(netns_dir, world.namespace));
    shell = shell.with({ env: { PRAAS_NETNS_DIR: netns_dir } });
    web = await shell.json(...create('--router-port', '4050', '--name', 'web'));
  });
  afterAll(async () => {
    shell?.remove();
    await world?.remove();
  });

  const create = (...more: string[]): string[] => [
    'pat',
    'create',
    '--router',
    world.router_id,
    ...(more.includes('--server-ip') ? [] : ['--server-ip', '10.20.0.51']),
    '--port',
    '80',
    ...more,
  ];

  const expectRefused = async (words: readonly string[], text: string, code = 1): Promise<void> => {
    const before = { kernel: await kernelOf(world), state: contentOf(shell.state_dir) };
    expect(await shell.run(...words)).toEqual({ code, stdout: '', stderr: text });
    expect({ kernel: await kernelOf(world), state: contentOf(shell.state_dir) }).toEqual(before);
  };

  test('a router that is not on this node: the ones there are', async () => {
    const text =
      `Error: no router edge on this node; there are: ${world.namespace}\n` +
      '  `praas router list` shows the routers of this node with their addresses.\n';
    await expectRefused(['pat', 'create', '-r', 'edge', '--server-ip', '10.20.0.51', '-p', '80'], text);
    await expectRefused(['router', 'show', 'edge'], text);
    await expectRefused(['router', 'sync', 'edge'], text);
  });

  test('a port that a mapping has: which one', async () => {
    const text =
      `Error: 203.0.113.10:4050/tcp is taken by mapping ${web.id} (web) to 10.20.0.51:80\n` +
      '  Choose another --router-port, or leave it out to get a free one.\n';
    await expectRefused(create('--router-port', '4050'), text);
    await expectRefused(create('--router-port', '4050', '--force'), text);
    const other = await shell.json(...create());
    await expectRefused(['pat', 'update', other.id, '--router-port', '4050'], text);
    await shell.ok('pat', 'delete', other.id);
  });

  test('a port that a rule of somebody else has, in our chain or in another: the rule itself', async () => {
    await world.run('iptables', ['-t', 'nat', '-N', 'custom-PREROUTING']).catch(() => '');
    for (const chain of ['custom-PREROUTING', 'PREROUTING']) {
      const rule = `${chain} -d 203.0.113.10/32 -p tcp -m tcp --dport 4060 -j DNAT --to-destination 10.20.0.52:22`;
      await world.run('iptables', ['-t', 'nat', '-A', ...rule.split(' ')]);
      const text =
        `Error: 203.0.113.10:4060/tcp is taken by a rule of somebody else: -A ${rule}\n` +
        '  Choose another --router-port, or leave it out to get a free one.\n';
      await expectRefused(create('--router-port', '4060'), text);
      await expectRefused(create('--router-port', '4060', '--force'), text);
      expect(await shell.ok('router', 'show', world.router_id, '-f', 'value', '-c', 'Unmanaged')).toContain(
        `-A ${rule}`,
      );
      await world.run('iptables', ['-t', 'nat', '-D', ...rule.split(' ')]);
    }
  });

  test('a port that the operator keeps: only with --force', async () => {
    const words = create('--router-port', '9697');
    const text =
      'Error: 203.0.113.10:9697/tcp is kept for services of the router (reserved_ports in praas.conf)\n' +
      '  Choose another --router-port, or use --force if publishing it is what you want.\n';
    await expectRefused(words, text);
    const { id } = await shell.json(...words, '--force');
    await shell.ok('pat', 'delete', id);
  });

  const next = '  Check --server-ip. If the server is reached in a way that the router does not show, use --force.\n';

  test.each([
    ['10.99.0.7', (ns: string) => `10.99.0.7 is not behind ${ns} (networks behind it: 10.20.0.0/24)`],
    ['203.0.113.2', (ns: string) => `203.0.113.2 is not behind ${ns} (networks behind it: 10.20.0.0/24)`],
    ['10.20.0.1', () => '10.20.0.1 is an address of the router itself'],
    ['203.0.113.10', () => '203.0.113.10 is an address of the router itself'],
    ['10.20.0.255', () => '10.20.0.255 is the network or broadcast address of 10.20.0.0/24'],
  ])('a server that is not behind the router (%s): why, and --force', async (server_ip, why) => {
    const text = `Error: ${why(world.namespace)}\n${next}`;
    await expectRefused(create('--server-ip', server_ip), text);
    await expectRefused(['pat', 'update', web.id, '--server-ip', server_ip], text);
    const { id } = await shell.json(...create('--server-ip', server_ip, '--force'));
    await expectKernelEqualsStore(shell, world, backend);
    await shell.ok('pat', 'delete', id);
  });

  test('a gateway that is not an address of the router: its addresses, and --force', async () => {
    const text =
      `Error: 203.0.113.99 is not an address of router ${world.router_id}; its addresses: 10.20.0.1, 203.0.113.10\n` +
      '  Choose one of them, or use --force if the address is going to be there.\n';
    await expectRefused(create('--gateway', '203.0.113.99'), text);
    const forced = await shell.run(...create('--gateway', '203.0.113.99', '--force', '--json'));
    const mapping: Mapping = JSON.parse(forced.stdout);
    expect(mapping).toMatchObject({ status: 'DOWN', gateway_ip: '203.0.113.99' });
    expect(forced.stderr).toBe(`Warning: mapping ${mapping.id} is DOWN: ${mapping.status_reason}\n`);
    expect(mapping.status_code).toBe('GATEWAY_ADDRESS_GONE');
    await shell.ok('pat', 'delete', mapping.id);
  });

  test('a mapping that there is not, and a beginning that stands for several', async () => {
    const text = 'Error: no mapping ffffffff\n  `praas pat list` shows the mappings there are.\n';
    await expectRefused(['pat', 'show', 'ffffffff'], text);
    await expectRefused(['pat', 'update', 'ffffffff', '--name', 'x'], text);
    await expectRefused(['pat', 'delete', 'ffffffff'], text);

    const byFirst = Map.groupBy([web], ({ id }) => id[0]);
    const more: Mapping[] = [];
    while ([...byFirst.values()].every(({ length }) => length < 2)) {
      const made = await shell.json(...create());
      more.push(made);
      byFirst.set(made.id[0], [...(byFirst.get(made.id[0]) ?? []), made]);
    }
    const [first = '', alike = []] = [...byFirst].find(([, { length }]) => length === 2) ?? [];
    const ended = await shell.run('pat', 'delete', first);
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(new RegExp(`^Error: ${first} stands for 2 mappings: `));
    for (const { id } of alike) expect(ended.stderr).toContain(id);
    await shell.ok('pat', 'delete', ...more.map(({ id }) => id));
  });

  test('one unknown ID among several: nothing is deleted', async () => {
    const other = await shell.json(...create());
    const text = 'Error: no mapping ffffffff\n  `praas pat list` shows the mappings there are.\n';
    await expectRefused(['pat', 'delete', other.id, 'ffffffff', web.id], text);
    await shell.ok('pat', 'delete', other.id);
  });

  test('a name that could rewrite the terminal, or is too long, is wrong usage', async () => {
    await expectRefused(
      create('--name', 'a\u001b[2J'),
      'Error: name: "a\\u001b[2J" is not text without control characters\n',
      2,
    );
    const long = `Error: name: "${'x'.repeat(99)}… is not text of at most 255 characters\n`;
    await expectRefused(create('--name', 'x'.repeat(256)), long, 2);
  });

  test('after all that the one mapping works as before', async () => {
    await world.web.listen({ protocol: 'tcp', port: 80 });
    await expectOpen(world.client, { protocol: 'tcp', address: '203.0.113.10', port: 4050 }, 'web sees 203.0.113.2');
    expect(await shell.json<Mapping[]>('pat', 'list')).toEqual([web]);
    await expectKernelEqualsStore(shell, world, backend);
  });
});
