// The main job, as typed: a port is published, shown, moved, narrowed, disabled and enabled, and deleted, and packets from
// outside show each of it.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import { BACKENDS } from '../support/dataplane.ts';
import { type Shell, testShell } from '../support/executable.ts';
import { expectKernelEqualsStore } from '../support/kernel-view.ts';
import { expectClosed, expectOpen, type TestWorld, testWorld } from '../support/world.ts';

const ROUTER_PORT = 4053;
const OTHER_PORT = 4054;

describe.each(BACKENDS)('%s', (backend) => {
  let world: TestWorld;
  let shell: Shell;
  let neutron: string[];

  /** Neutron's rules, without the two jumps that praas appends. */
  const foreignRules = async (): Promise<string[]> =>
    (await world.run('iptables-save', [])).split('\n').filter((line) => line.startsWith('-A') && !/custom-/.test(line));

  beforeAll(async () => {
    world = await testWorld({ router: 'neutron', neutronRules: true });
    shell = testShell({ backend });
    for (const protocol of ['tcp', 'udp'] as const) {
      await world.web.listen({ protocol, port: 80 });
      await world.web.listen({ protocol, port: 81 });
      await world.db.listen({ protocol, port: 80 });
    }
    neutron = await foreignRules();
  });
  afterAll(async () => {
    shell?.remove();
    await world?.remove();
  });

  describe.each(['tcp', 'udp'] as const)('%s', (protocol) => {
    const goal = { protocol, address: '203.0.113.10', port: ROUTER_PORT };
    const moved = { ...goal, port: OTHER_PORT };

    test('create opens a port, each update shows at once in packets, delete closes it', async () => {
      await expectClosed(world.client, goal);

      const words = ['--router', world.namespace, '--server-ip', '10.20.0.51', '--port', '80', '--protocol', protocol];
      const made = await shell.json('pat', 'create', ...words, '--router-port', String(ROUTER_PORT), '--name', 'web');
      expect(made).toMatchObject({
        router_id: world.router_id,
        status: 'ACTIVE',
        name: 'web',
        router_port: ROUTER_PORT,
      });
      await expectOpen(world.client, goal, 'web sees 203.0.113.2');
      await expectKernelEqualsStore(shell, world, backend);

      const short = made.id.slice(0, 8);
      expect(await shell.json('pat', 'show', short)).toEqual(made);
      expect(await shell.json<Mapping[]>('pat', 'list', '--router', world.router_id)).toEqual([made]);
      expect(await shell.json<Mapping[]>('pat', 'list', '--server-ip', '10.20.0.52')).toEqual([]);

      const update = (...flags: string[]): Promise<Mapping> => shell.json('pat', 'update', short, ...flags);
      expect(await update('--router-port', String(OTHER_PORT))).toMatchObject({ id: made.id, router_port: OTHER_PORT });
      await expectClosed(world.client, goal);
      await expectOpen(world.client, moved, 'web sees 203.0.113.2');

      expect(await update('--server-ip', '10.20.0.52')).toMatchObject({ server_ip: '10.20.0.52' });
      await expectOpen(world.client, moved, 'db sees 203.0.113.2');
      expect(await update('--server-ip', '10.20.0.51', '--port', '81')).toMatchObject({ server_port: 81 });
      await expectOpen(world.client, moved, 'web sees 203.0.113.2');

      expect(await update('--allow', '198.51.100.9/24', '--allow', '192.0.2.7')).toMatchObject({
        allowed_cidrs: ['192.0.2.7/32', '198.51.100.0/24'],
      });
      await expectClosed(world.client, moved);
      await expectOpen(world.client2, moved, 'web sees 198.51.100.7');
      await expectKernelEqualsStore(shell, world, backend);
      expect(await update('--clear-allow')).toMatchObject({ allowed_cidrs: [] });
      await expectOpen(world.client, moved, 'web sees 203.0.113.2');

      expect(await update('--masquerade', 'always')).toMatchObject({ masquerade: 'always' });
      await expectOpen(world.client, moved, 'web sees 10.20.0.1');
      expect(await update('--masquerade', 'never')).toMatchObject({ masquerade: 'never' });
      await expectOpen(world.client, moved, 'web sees 203.0.113.2');

      expect(await update('--disable')).toMatchObject({ enabled: false, status: 'DOWN', status_code: 'DISABLED' });
      await expectClosed(world.client, moved);
      expect(await shell.json<Mapping[]>('pat', 'list', '--status', 'DOWN')).toHaveLength(1);
      expect(await update('--enable')).toMatchObject({ enabled: true, status: 'ACTIVE', status_reason: '' });
      await expectOpen(world.client, moved, 'web sees 203.0.113.2');

      expect(await update('--name', 'site', '--description', 'for the shop')).toMatchObject({
        name: 'site',
        description: 'for the shop',
      });
      expect((await update('--expires', '2099-01-31')).expires_at).toBe('2099-01-31T00:00:00Z');
      expect((await update('--expires', 'never')).expires_at).toBeNull();
      await expectKernelEqualsStore(shell, world, backend);

      const deleted = `Deleted: ${made.id} (203.0.113.10:${OTHER_PORT}/${protocol})\n`;
      expect(await shell.ok('pat', 'delete', short)).toBe(deleted);
      await expectClosed(world.client, moved);
      expect(await shell.json<Mapping[]>('pat', 'list')).toEqual([]);
      expect(await shell.run('pat', 'show', made.id)).toMatchObject({ code: 1, stdout: '' });
      expect(await foreignRules()).toEqual(neutron);
    });
  });

  test('what expires is shown as expired, and sync takes it out of the kernel', async () => {
    const goal = { protocol: 'tcp', address: '203.0.113.10', port: ROUTER_PORT } as const;
    const words = [
      '-r',
      world.router_id,
      '--server-ip',
      '10.20.0.51',
      '-p',
      '80',
      '--router-port',
      String(ROUTER_PORT),
    ];
    const made = await shell.json('pat', 'create', ...words, '--expires', '3s');
    await expectOpen(world.client, goal, 'web sees 203.0.113.2');
    let shown = made;
    while (shown.status === 'ACTIVE') shown = await shell.json('pat', 'show', made.id);
    // Without a daemon nothing has closed it yet.
    expect(shown).toMatchObject({ status: 'PENDING', status_code: 'EXPIRY_PENDING' });
    await expectOpen(world.client, goal, 'web sees 203.0.113.2');

    const { added, removed } = await shell.json<{ added: number; removed: number }>('router', 'sync', world.namespace);
    expect({ added, removed }).toEqual({ added: 0, removed: 1 });
    await expectClosed(world.client, goal);
    expect(await shell.json('pat', 'show', made.id)).toMatchObject({ status: 'DOWN', status_code: 'EXPIRED' });

    expect(await shell.json('pat', 'update', made.id, '--expires', '8h')).toMatchObject({ status: 'ACTIVE' });
    await expectOpen(world.client, goal, 'web sees 203.0.113.2');
    await shell.ok('pat', 'delete', made.id);
    await expectClosed(world.client, goal);
  });

  test('a disabled mapping is stored, its port stays closed and no other mapping gets it', async () => {
    const words = [
      '-r',
      world.router_id,
      '--server-ip',
      '10.20.0.51',
      '-p',
      '80',
      '--router-port',
      String(ROUTER_PORT),
    ];
    const { id } = await shell.json('pat', 'create', ...words, '--disable');
    await expectClosed(world.client, { protocol: 'tcp', address: '203.0.113.10', port: ROUTER_PORT });
    const { code, stdout } = await shell.run('pat', 'create', ...words, '--json');
    const facts = { endpoint: `203.0.113.10:${ROUTER_PORT}/tcp`, by: expect.objectContaining({ kind: 'mapping', id }) };
    expect([code, JSON.parse(stdout)]).toEqual([1, { error: expect.objectContaining({ code: 'PORT_TAKEN', facts }) }]);
    await shell.ok('pat', 'delete', id);
  });

  test('TCP and UDP on one port are two mappings, and one server port may be published on several', async () => {
    const words = ['-r', world.router_id, '--server-ip', '10.20.0.51', '-p', '80'];
    const port = String(ROUTER_PORT);
    const tcp = await shell.json('pat', 'create', ...words, '--router-port', port);
    const udp = await shell.json('pat', 'create', ...words, '--router-port', port, '--protocol', 'udp');
    const second = await shell.json('pat', 'create', ...words, '--router-port', String(OTHER_PORT));
    for (const { protocol, router_port } of [tcp, udp, second]) {
      await expectOpen(world.client, { protocol, address: '203.0.113.10', port: router_port }, 'web sees 203.0.113.2');
    }
    await shell.ok('pat', 'delete', tcp.id);
    await expectClosed(world.client, { protocol: 'tcp', address: '203.0.113.10', port: ROUTER_PORT });
    await expectOpen(
      world.client,
      { protocol: 'udp', address: '203.0.113.10', port: ROUTER_PORT },
      'web sees 203.0.113.2',
    );
    await expectOpen(
      world.client,
      { protocol: 'tcp', address: '203.0.113.10', port: OTHER_PORT },
      'web sees 203.0.113.2',
    );
    await shell.ok('pat', 'delete', udp.id, second.id);
    await expectKernelEqualsStore(shell, world, backend);
  });
});
