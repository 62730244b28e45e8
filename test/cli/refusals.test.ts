// What cannot be done is refused with its code and facts, and nothing has changed: not a rule in the kernel, not a byte of
// the state.
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import { BACKENDS } from '../support/dataplane.ts';
import { printedError } from '../support/error-facts.ts';
import { contentOf, type Shell, testShell } from '../support/executable.ts';
import { expectKernelEqualsStore, kernelOf } from '../support/kernel-view.ts';
import { expectOpen, type TestWorld, testWorld } from '../support/world.ts';

/** What has the port of `web`, without its ID. */
const WEB = { kind: 'mapping', name: 'web', project_id: null, server_ip: '10.20.0.51', server_port: 80 } as const;

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

  /** With --json: the code and the facts; the sentences are in test/golden/texts. */
  const expectRefused = async (words: readonly string[], error: object, code = 1): Promise<void> => {
    const before = { kernel: await kernelOf(world), state: contentOf(shell.state_dir) };
    const ended = await shell.run(...words, '--json');
    expect({ ...ended, stdout: JSON.parse(ended.stdout) }).toMatchObject({ code, stdout: { error }, stderr: '' });
    expect({ kernel: await kernelOf(world), state: contentOf(shell.state_dir) }).toEqual(before);
  };

  test('a refusal is on stderr alone: what failed, and the next step below it', async () => {
    const { code, stdout, stderr } = await shell.run(...create('--router-port', '4050'));
    expect([code, stdout]).toEqual([1, '']);
    const facts = { endpoint: '203.0.113.10:4050/tcp', by: { ...WEB, id: web.id } };
    expect(stderr).toBe(printedError('PORT_TAKEN', facts));
  });

  test('a router that is not on this node: the ones there are', async () => {
    const error = { code: 'ROUTER_NOT_FOUND', facts: { router: 'edge', known: [world.namespace] } };
    await expectRefused(['pat', 'create', '-r', 'edge', '--server-ip', '10.20.0.51', '-p', '80'], error);
    await expectRefused(['router', 'show', 'edge'], error);
    await expectRefused(['router', 'sync', 'edge'], error);
  });

  test('no router on a node without OpenStack', async () => {
    const error = { code: 'ROUTER_REQUIRED', message: expect.stringContaining('--router is required') };
    await expectRefused(['pat', 'create', '--server-ip', '10.20.0.51', '-p', '80'], error, 2);
  });

  test('a port that a mapping has: which one', async () => {
    const by = { ...WEB, id: web.id };
    const error = { code: 'PORT_TAKEN', facts: { endpoint: '203.0.113.10:4050/tcp', by } };
    await expectRefused(create('--router-port', '4050'), error);
    await expectRefused(create('--router-port', '4050', '--force'), error);
    const other = await shell.json(...create());
    await expectRefused(['pat', 'update', other.id, '--router-port', '4050'], error);
    await shell.ok('pat', 'delete', other.id);
  });

  test('a port that an unmanaged rule has, in our chain or in another: the rule itself', async () => {
    await world.run('iptables', ['-t', 'nat', '-N', 'custom-PREROUTING']).catch(() => '');
    for (const chain of ['custom-PREROUTING', 'PREROUTING']) {
      const rule = `${chain} -d 203.0.113.10/32 -p tcp -m tcp --dport 4060 -j DNAT --to-destination 10.20.0.52:22`;
      await world.run('iptables', ['-t', 'nat', '-A', ...rule.split(' ')]);
      const facts = {
        endpoint: '203.0.113.10:4060/tcp',
        by: { kind: 'rule', rule: expect.stringContaining(`-A ${rule}`) },
      };
      await expectRefused(create('--router-port', '4060'), { code: 'PORT_TAKEN', facts });
      await expectRefused(create('--router-port', '4060', '--force'), { code: 'PORT_TAKEN', facts });
      expect(await shell.ok('router', 'show', world.router_id, '-f', 'value', '-c', 'Unmanaged')).toContain(
        `-A ${rule}`,
      );
      await world.run('iptables', ['-t', 'nat', '-D', ...rule.split(' ')]);
    }
  });

  test('a reserved port: only with --force', async () => {
    const words = create('--router-port', '9697');
    const facts = { endpoint: '203.0.113.10:9697/tcp', by: { kind: 'reserved' } };
    await expectRefused(words, { code: 'PORT_RESERVED', facts });
    const { id } = await shell.json(...words, '--force');
    await shell.ok('pat', 'delete', id);
  });

  test.each(['10.99.0.7', '203.0.113.2', '10.20.0.1', '203.0.113.10', '10.20.0.255'])(
    'a server that is not behind the router (%s): refused, and --force',
    async (server_ip) => {
      const error = { code: 'SERVER_NOT_BEHIND_ROUTER', message: expect.stringContaining(server_ip) };
      await expectRefused(create('--server-ip', server_ip), error);
      await expectRefused(['pat', 'update', web.id, '--server-ip', server_ip], error);
      const { id } = await shell.json(...create('--server-ip', server_ip, '--force'));
      await expectKernelEqualsStore(shell, world, backend);
      await shell.ok('pat', 'delete', id);
    },
  );

  test('a gateway that is not an address of the router: its gateway addresses, and --force', async () => {
    const facts = { gateway: '203.0.113.99', router: world.router_id, addresses: ['203.0.113.10'] };
    await expectRefused(create('--gateway', '203.0.113.99'), { code: 'GATEWAY_NOT_LOCAL', facts });
    const forced = await shell.run(...create('--gateway', '203.0.113.99', '--force', '--json'));
    const mapping: Mapping = JSON.parse(forced.stdout);
    expect(mapping).toMatchObject({ status: 'DOWN', gateway_ip: '203.0.113.99' });
    expect(forced.stderr).toBe(`Warning: mapping ${mapping.id} is DOWN: ${mapping.status_reason}\n`);
    expect(mapping.status_code).toBe('GATEWAY_ADDRESS_GONE');
    await shell.ok('pat', 'delete', mapping.id);
  });

  test('a mapping that is not there, and an ambiguous prefix', async () => {
    const error = { code: 'MAPPING_NOT_FOUND', facts: { id: 'ffffffff' } };
    await expectRefused(['pat', 'show', 'ffffffff'], error);
    await expectRefused(['pat', 'update', 'ffffffff', '--name', 'x'], error);
    await expectRefused(['pat', 'delete', 'ffffffff'], error);

    const byFirst = Map.groupBy([web], ({ id }) => id[0]);
    const more: Mapping[] = [];
    while ([...byFirst.values()].every(({ length }) => length < 2)) {
      const made = await shell.json(...create());
      more.push(made);
      byFirst.set(made.id[0], [...(byFirst.get(made.id[0]) ?? []), made]);
    }
    const [first = '', alike = []] = [...byFirst].find(([, { length }]) => length === 2) ?? [];
    const ids = expect.arrayContaining(alike.map(({ id }) => id));
    await expectRefused(['pat', 'delete', first], { code: 'ID_AMBIGUOUS', facts: { id: first, ids } });
    await shell.ok('pat', 'delete', ...more.map(({ id }) => id));
  });

  test('one unknown ID among several: nothing is deleted', async () => {
    const other = await shell.json(...create());
    const error = { code: 'MAPPING_NOT_FOUND', facts: { id: 'ffffffff' } };
    await expectRefused(['pat', 'delete', other.id, 'ffffffff', web.id], error);
    await shell.ok('pat', 'delete', other.id);
  });

  test('a name that could rewrite the terminal, or is too long, is wrong usage', async () => {
    const facts = { field: 'name', found: '"a\\u001b[2J"' };
    await expectRefused(create('--name', 'a\u001b[2J'), { code: 'INVALID_INPUT', facts }, 2);
    const long = { code: 'INVALID_INPUT', facts: { field: 'name', found: expect.stringMatching(/^"x{99}…/) } };
    await expectRefused(create('--name', 'x'.repeat(256)), long, 2);
  });

  test('after all that the one mapping works as before', async () => {
    await world.web.listen({ protocol: 'tcp', port: 80 });
    await expectOpen(world.client, { protocol: 'tcp', address: '203.0.113.10', port: 4050 }, 'web sees 203.0.113.2');
    expect(await shell.json<Mapping[]>('pat', 'list')).toEqual([web]);
    await expectKernelEqualsStore(shell, world, backend);
  });
});
