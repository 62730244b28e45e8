// Never closed without having looked: what praas cannot read is an error, and changes nothing. Ports of other programs are seen.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { BackendName } from '../../src/netfilter/backend.ts';
import type { Dataplane } from '../../src/pat/interfaces/dataplane.ts';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import type { MappingRequestInput } from '../../src/pat/mapping/request.ts';
import { BACKENDS, realDataplane } from '../support/dataplane.ts';
import { testNode } from '../support/node.ts';
import { expectClosed, expectOpen, type TestWorld, testWorld } from '../support/world.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function setUp(backend: BackendName) {
  const world = await testWorld({ router: 'neutron', neutronRules: true });
  cleanups.push(() => world.remove());
  const state = mkdtempSync(join(tmpdir(), 'praas-state-'));
  cleanups.push(() => rmSync(state, { recursive: true, force: true }));
  // Like a command without a daemon: nothing is remembered.
  const command = async <T>(work: (node: ReturnType<typeof testNode>) => Promise<T>, on?: Dataplane): Promise<T> => {
    const node = testNode(backend, on, state);
    try {
      return await work(node);
    } finally {
      await node.release();
    }
  };
  const publish = (input: Partial<MappingRequestInput> = {}): Promise<Mapping> => {
    const request = { router_id: world.router_id, server_ip: '10.20.0.51', server_port: 80, ...input };
    return command(async (node) => (await node.pat.create(request)).value);
  };
  const stored = (): Promise<readonly Mapping[]> =>
    command(async (node) => [...(await node.store.read(world.router_id)).mappings.values()]);
  await world.web.listen({ protocol: 'tcp', port: 80 });
  await world.db.listen({ protocol: 'tcp', port: 80 });
  return { world, command, publish, stored };
}

const goalOf = ({ protocol, gateway_ip, router_port }: Mapping) => ({
  protocol,
  address: gateway_ip,
  port: router_port,
});
const portGoal = (port: number) => ({ protocol: 'tcp' as const, address: '203.0.113.10', port });

describe.each(BACKENDS)('%s', (backend) => {
  const addNativeRule = ({ run }: TestWorld): Promise<string> =>
    run('nft', [
      'add',
      'rule',
      'ip',
      'nat',
      'PREROUTING',
      'ip',
      'daddr',
      '203.0.113.10',
      'tcp',
      'dport',
      '8080',
      'dnat',
      'to',
      '10.20.0.52:80',
    ]);

  test('a table that iptables cannot show: nothing is closed without having looked, and all is well again afterwards', async () => {
    const { world, command, publish, stored } = await setUp(backend);
    const mapping = await publish();
    await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');
    const before = await stored();
    await addNativeRule(world);

    const changes: ((node: ReturnType<typeof testNode>) => Promise<unknown>)[] = [
      (node) => node.pat.delete([mapping.id]),
      (node) => node.pat.update(mapping.id, { enabled: false }),
      (node) => node.pat.create({ router_id: world.router_id, server_ip: '10.20.0.51', server_port: 81 }),
      (node) => node.pat.sync(world.router_id),
      async (node) => {
        node.clock.time = new Date('2031-01-01T00:00:00Z');
        await node.pat.update(mapping.id, { expires_at: '2031-06-01T00:00:00Z' });
      },
    ];
    const unreadable = { code: 'TABLE_UNREADABLE', facts: { router: world.namespace, table: 'nat' } };
    for (const change of changes) {
      const outcome = command(async (node) => {
        const result = await change(node);
        throw (result as { failures?: readonly Error[] }).failures?.[0] ?? new Error('done');
      });
      await expect(outcome).rejects.toMatchObject(unreadable);
    }

    expect(await stored()).toEqual(before);
    await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');

    await world.run('nft', ['flush', 'chain', 'ip', 'nat', 'PREROUTING']);
    await command((node) => node.pat.delete([mapping.id]));
    await expectClosed(world.client, goalOf(mapping));
    expect(await stored()).toEqual([]);
  });

  test.each(['extra', 'EXTRA'])(
    'a further base chain %s in the table hides nothing, and its ports are taken',
    async (name) => {
      const { world, publish } = await setUp(backend);
      await world.run(
        'nft',
        ['-f', '-'],
        `table ip nat { chain ${name} { type nat hook prerouting priority -120; ip daddr 203.0.113.10 tcp dport 4000 dnat to 10.20.0.52:80; }; }\n`,
      );
      await expectOpen(world.client, portGoal(4000), 'db sees 203.0.113.2');

      const mapping = await publish();

      expect(mapping.router_port).toBe(4001);
      await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');
      await expectOpen(world.client, portGoal(4000), 'db sees 203.0.113.2');
    },
  );

  test.each([
    ['mangle', ['-j', 'TPROXY', '--on-port', '9999', '--on-ip', '127.0.0.1']],
    ['nat', ['-m', 'comment', '--comment', '--dport', '-j', 'DNAT', '--to-destination', '10.20.0.52:80']],
  ])('a port that a rule of iptables in %s takes is not chosen', async (table, words) => {
    const { world, publish } = await setUp(backend);
    const match = ['-d', '203.0.113.10', '-p', 'tcp', '--dport', '4000'];
    await world.run('iptables', ['-t', table, '-A', 'PREROUTING', ...match, ...words]);

    expect((await publish()).router_port).toBe(4001);
  });

  test.each([-120, -90])(
    'ports that a table of others translates with priority %s are taken, and free again when it is gone',
    async (priority) => {
      const { world, command, publish } = await setUp(backend);
      const theirs = `table inet theirs { chain pre { type nat hook prerouting priority ${priority}; ip daddr 203.0.113.10 tcp dport 4000-4001 dnat ip to 10.20.0.52:80; }; }\n`;
      await world.run('nft', ['-f', '-'], theirs);
      await expectOpen(world.client, portGoal(4000), 'db sees 203.0.113.2');

      const mapping = await publish();

      expect(mapping.router_port).toBe(4002);
      await expect(publish({ router_port: 4001 })).rejects.toMatchObject({
        code: 'PORT_TAKEN',
        facts: { by: { kind: 'rule', rule: expect.stringContaining('table inet theirs, chain pre') } },
      });
      await expectOpen(world.client, portGoal(4000), 'db sees 203.0.113.2');
      await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');

      await world.run('nft', ['delete', 'table', 'inet', 'theirs']);
      await command((node) => node.pat.delete([mapping.id]));
      expect((await publish({ router_port: 4001 })).router_port).toBe(4001);
      await expectOpen(world.client, portGoal(4001), 'web sees 203.0.113.2');
    },
  );

  test('a namespace that may not be entered is not gone: delete and disable fail, and the port stays in the store', async () => {
    const { world, command, publish, stored } = await setUp(backend);
    const mapping = await publish();
    const before = await stored();
    const confined = confinedPath();

    const blind = realDataplane(backend, [], 10, { ...process.env, PATH: confined });
    const refused = { code: 'NAMESPACE_UNREADABLE', facts: { path: `/run/netns/${world.namespace}` } };
    await expect(command((node) => node.pat.update(mapping.id, { enabled: false }), blind)).rejects.toMatchObject(
      refused,
    );
    await expect(command((node) => node.pat.sync(world.router_id), blind)).rejects.toMatchObject(refused);
    const deleting = command(async (node) => (await node.pat.delete([mapping.id])).value, blind);
    await expect(deleting).rejects.toMatchObject(refused);
    const listed = await command((node) => node.pat.list(), blind);

    expect(listed.mappings).toMatchObject([{ id: mapping.id, status: 'ACTIVE' }]);
    expect(await stored()).toEqual(before);
    await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');
    await command((node) => node.pat.delete([mapping.id]));
    await expectClosed(world.client, goalOf(mapping));
  });

  test('a chain that vanishes between reading and writing is made again, and the change succeeds', async () => {
    const { world, command, publish } = await setUp(backend);
    const first = await publish();
    const real = realDataplane(backend);
    let isRemoved = false;
    const racing = new Proxy(real, {
      get(target, name) {
        if (name !== 'apply') {
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? value.bind(target) : value;
        }
        return async (...args: Parameters<Dataplane['apply']>) => {
          if (!isRemoved) {
            isRemoved = true;
            await removeChains(world, backend);
          }
          return target.apply(...args);
        };
      },
    });

    const request = { router_id: world.router_id, server_ip: '10.20.0.51', server_port: 80 };
    const second = await command(async (node) => (await node.pat.create(request)).value, racing);

    await expectOpen(world.client, goalOf(first), 'web sees 203.0.113.2');
    await expectOpen(world.client, goalOf(second), 'web sees 203.0.113.2');
  });
});

async function removeChains({ run }: TestWorld, backend: BackendName): Promise<void> {
  if (backend === 'nftables') await run('nft', ['delete', 'table', 'ip', 'praas']);
  else
    await run(
      'iptables-restore',
      ['--noflush'],
      '*nat\n-D PREROUTING -j custom-PREROUTING\n-F custom-PREROUTING\n-X custom-PREROUTING\nCOMMIT\n',
    );
}

/** A search path whose nsenter runs as root does in an ordinary container: without CAP_SYS_ADMIN. */
function confinedPath(): string {
  const directory = mkdtempSync(join(tmpdir(), 'praas-confined-'));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  const script = '#!/bin/sh\nexec setpriv --bounding-set -sys_admin --inh-caps -sys_admin /usr/bin/nsenter "$@"\n';
  writeFileSync(join(directory, 'nsenter'), script, { mode: 0o755 });
  return `${directory}:${process.env['PATH'] ?? ''}`;
}
