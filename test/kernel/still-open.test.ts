// Never "closed" of a port that is open: rules of praas are found wherever they are, and those of others that keep a port open are named.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { BackendName } from '../../src/netfilter/backend.ts';
import { endpointKey } from '../../src/pat/mapping/forward.ts';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import { createExec } from '../../src/system/exec.ts';
import { BACKENDS, realDataplane } from '../support/dataplane.ts';
import { testNode } from '../support/node.ts';
import { expectClosed, expectOpen, type TestWorld, testWorld } from '../support/world.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const goalOf = ({ protocol, gateway_ip, router_port }: Mapping) => ({
  protocol,
  address: gateway_ip,
  port: router_port,
});
const WEB = 'web sees 203.0.113.2';

function temporary(): string {
  const path = mkdtempSync(join(tmpdir(), 'praas-open-'));
  cleanups.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function onHost(file: string, ...args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await createExec(10_000, process.env)({ file, args });
  if (exitCode !== 0) throw new Error(stderr);
}

/** Gives the namespace the other name alone. */
function bindAgain(from: string, to: string): Promise<void> {
  return onHost('sh', '-c', 'touch "$1" && mount --bind "$0" "$1" && umount "$0" && rm "$0"', from, to);
}

async function setUp(backend: BackendName) {
  const world = await testWorld({ router: 'neutron', neutronRules: true });
  cleanups.push(() => world.remove());
  const state = temporary();
  await world.web.listen({ protocol: 'tcp', port: 80 });
  await world.db.listen({ protocol: 'tcp', port: 80 });
  /** Like a command without a daemon: nothing is remembered. */
  const command = async <T>(
    work: (node: ReturnType<typeof testNode>) => Promise<T>,
    directory?: string,
  ): Promise<T> => {
    const node = testNode(backend, realDataplane(backend, [], 10, process.env, directory), state);
    try {
      return await work(node);
    } finally {
      await node.release();
    }
  };
  const request = { router_id: world.router_id, server_ip: '10.20.0.51', server_port: 80 };
  const publish = (router_port?: number): Promise<Mapping> =>
    command(
      async (node) => (await node.pat.create({ ...request, ...(router_port !== undefined && { router_port }) })).value,
    );
  const stored = (): Promise<readonly Mapping[]> =>
    command(async (node) => [...(await node.store.read(world.router_id)).mappings.values()]);
  return { world, command, publish, stored };
}

const deleted =
  ({ id }: Mapping) =>
  async (node: ReturnType<typeof testNode>) => {
    const { warnings, failures } = await node.pat.delete([id]);
    if (failures[0]) throw failures[0];
    return warnings;
  };
const disabled =
  ({ id }: Mapping) =>
  async (node: ReturnType<typeof testNode>) =>
    (await node.pat.update(id, { enabled: false })).warnings;
/** Its time comes while no daemon runs; the next command that changes the router closes the port. */
const expired =
  ({ id, router_id }: Mapping) =>
  async (node: ReturnType<typeof testNode>) => {
    await node.pat.update(id, { expires_at: '2030-06-01T00:00:00Z' });
    node.clock.time = new Date('2031-01-01T00:00:00Z');
    return (await node.pat.sync(router_id)).warnings;
  };

describe.each(BACKENDS)('%s', (backend) => {
  test('a directory of namespaces that is not there: nothing is closed without having looked', async () => {
    const { world, command, publish, stored } = await setUp(backend);
    const mapping = await publish();
    const before = await stored();
    const directory = join(temporary(), 'none');

    const refused = { code: 'NAMESPACES_UNREADABLE', facts: { directory, reason: 'ENOENT' } };
    for (const close of [deleted(mapping), disabled(mapping)])
      await expect(command(close, directory)).rejects.toMatchObject(refused);
    await expect(command((node) => node.pat.sync(world.router_id), directory)).rejects.toMatchObject(refused);

    expect(await stored()).toEqual(before);
    await expectOpen(world.client, goalOf(mapping), WEB);
    await command(deleted(mapping));
    await expectClosed(world.client, goalOf(mapping));
  });

  test('an empty directory of namespaces, as after a boot: a mapping can be deleted, with a warning of it', async () => {
    const { command, publish, stored } = await setUp(backend);
    const mapping = await publish();
    const directory = temporary();

    expect(await command(deleted(mapping), directory)).toEqual([expect.stringContaining(directory)]);
    expect(await stored()).toEqual([]);
  });

  test.each([
    ['kept-<id>', ({ id }: Mapping) => `kept-${id.slice(0, 8)}`],
    ['old-qrouter-<uuid>', ({ router_id }: Mapping) => `old-qrouter-${router_id}`],
    ['<uuid>', ({ router_id }: Mapping) => router_id],
  ])('a namespace that was bound under the name %s: nothing is closed before its rules are gone', async (_, nameOf) => {
    const { world, command, publish, stored } = await setUp(backend);
    const mapping = await publish();
    const before = await stored();
    const kept = nameOf(mapping);
    const [old, renamed] = [`/run/netns/${world.namespace}`, `/run/netns/${kept}`];
    await bindAgain(old, renamed);
    cleanups.push(() => bindAgain(renamed, old).catch(() => undefined));

    const refused = { code: 'RULES_ELSEWHERE', facts: { router: world.router_id, holder: kept } };
    for (const close of [deleted(mapping), disabled(mapping)])
      await expect(command(close)).rejects.toMatchObject(refused);
    await expect(command((node) => node.pat.sync(world.router_id))).rejects.toMatchObject(refused);
    await expect(command((node) => node.pat.delete([mapping.id], { dryRun: true }))).rejects.toMatchObject(refused);
    expect(await stored()).toEqual(before);
    await expectOpen(world.client, goalOf(mapping), WEB);

    await bindAgain(renamed, old);
    await command(deleted(mapping));
    await expectClosed(world.client, goalOf(mapping));
  });

  test('a second namespace of the same router, which is not known to be distributed: nothing is closed in the wrong one', async () => {
    const { world, command } = await setUp(backend);
    const uuid = randomUUID();
    const add = async (name: string): Promise<string> => {
      await onHost('ip', 'netns', 'add', name);
      cleanups.push(() => onHost('ip', 'netns', 'delete', name).catch(() => undefined));
      return `/run/netns/${name}`;
    };
    const own = await add(`qrouter-${uuid}`);
    await onHost('mount', '--bind', `/run/netns/${world.namespace}`, own);
    cleanups.push(() => onHost('umount', own));
    const { value: mapping } = await command((node) =>
      node.pat.create({ router_id: uuid, server_ip: '10.20.0.51', server_port: 80 }),
    );
    await expectOpen(world.client, goalOf(mapping), WEB);

    await add(`snat-${uuid}`);
    const refused = { code: 'RULES_ELSEWHERE', facts: { router: uuid, holder: `qrouter-${uuid}` } };
    for (const close of [deleted(mapping), disabled(mapping)])
      await expect(command(close)).rejects.toMatchObject(refused);
    await expectOpen(world.client, goalOf(mapping), WEB);

    await onHost('ip', 'netns', 'delete', `snat-${uuid}`);
    await command(deleted(mapping));
    await expectClosed(world.client, goalOf(mapping));
  });

  test.each([
    ['deleted', deleted],
    ['disabled', disabled],
    ['expired', expired],
  ])('a port that a table with a copy of the rules keeps open is not just %s', async (_what, close) => {
    const { world, command, publish } = await setUp(backend);
    const mapping = await publish();
    const { gateway_ip, router_port } = mapping;
    const copy = `table ip copy { map open { type ipv4_addr . inet_service : ipv4_addr . inet_service; elements = { ${gateway_ip} . ${router_port} comment "praas:${mapping.id}" : 10.20.0.51 . 80 }; }; chain pre { type nat hook prerouting priority -90; dnat ip to ip daddr . tcp dport map @open; }; }\n`;
    await world.run('nft', ['-f', '-'], copy);

    const warnings = await command(close(mapping));

    expect(warnings).toContainEqual(expect.stringContaining(endpointKey(mapping)));
    expect(warnings).toContainEqual(expect.stringContaining('table ip copy, chain pre'));
    await expectOpen(world.client, goalOf(mapping), WEB);
    await world.run('nft', ['delete', 'table', 'ip', 'copy']);
    await expectClosed(world.client, goalOf(mapping));
  });

  test('a copy that came after the router was read is told by the next sync of the same process', async () => {
    const { world, command, publish } = await setUp(backend);
    const mapping = await publish();
    const copy = `table ip copy { chain pre { type nat hook prerouting priority -90; ip daddr ${mapping.gateway_ip} tcp dport ${mapping.router_port} dnat to 10.20.0.51:80; }; }\n`;

    await command(async (node) => {
      await node.pat.sync(world.router_id);
      await world.run('nft', ['-f', '-'], copy);
      await deleted(mapping)(node);
      await expectOpen(world.client, goalOf(mapping), WEB);
      const { warnings } = await node.pat.sync(world.router_id);
      expect(warnings).toContainEqual(expect.stringContaining(endpointKey(mapping)));
      expect(warnings).toContainEqual(expect.stringContaining('table ip copy, chain pre'));
      await world.run('nft', ['delete', 'table', 'ip', 'copy']);
      await expectClosed(world.client, goalOf(mapping));
      expect((await node.pat.sync(world.router_id)).warnings).toEqual([]);
    });
  });

  test('a port that a rule of iptables-legacy translates beside iptables-nft is taken, and free again without it', async () => {
    const { world, command, publish } = await setUp(backend);
    await publish(4001);
    const words = [
      '-d',
      '203.0.113.10',
      '-p',
      'tcp',
      '--dport',
      '4000',
      '-j',
      'DNAT',
      '--to-destination',
      '10.20.0.52:80',
    ];
    await world.run('iptables-legacy', ['-t', 'nat', '-A', 'PREROUTING', ...words]);
    await expectOpen(world.client, { protocol: 'tcp', address: '203.0.113.10', port: 4000 }, 'db sees 203.0.113.2');

    await expect(publish(4000)).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      facts: { by: { kind: 'rule', rule: expect.stringContaining('(iptables-legacy)') } },
    });

    await world.run('iptables-legacy', ['-t', 'nat', '-F']);
    await command((node) => node.pat.sync(world.router_id));
    await expectOpen(world.client, goalOf(await publish(4000)), WEB);
  });

  test.each([
    ['raw', 'ip daddr 203.0.113.10 tcp dport 4000 ip daddr set 10.20.0.52'],
    ['raw', 'ip daddr 203.0.113.10 tcp dport 4000 ip daddr set 10.20.0.52 accept'],
    ['raw', 'ip daddr 203.0.113.10 tcp dport 4000 tcp dport set 81'],
    ['mangle', 'ip daddr 203.0.113.10 tcp dport 4000 ip daddr set 10.20.0.52 counter'],
    ['nat', 'ip daddr 203.0.113.10 tcp dport 4000 ip daddr set 10.20.0.52'],
  ])('a rule of nft in %s that writes another destination takes the port: %s', async (table, rule) => {
    const { world, command, publish } = await setUp(backend);
    const first = await publish();
    await command(deleted(first));
    // Neutron's tables, which iptables goes on to show.
    await world.run('iptables', ['-t', table, '-A', 'PREROUTING', '-d', '192.0.2.1', '-j', 'ACCEPT']);
    await world.run('nft', ['add', 'rule', 'ip', table, 'PREROUTING', ...rule.split(' ')]);

    await expect(publish(4000)).rejects.toMatchObject({ code: 'PORT_TAKEN', facts: { by: { kind: 'rule' } } });
    expect((await publish(4001)).router_port).toBe(4001);

    await world.run('nft', ['flush', 'chain', 'ip', table, 'PREROUTING']);
    expect((await publish(4000)).router_port).toBe(4000);
  });
});

test.each([
  ['deleted', deleted],
  ['disabled', disabled],
])('a port that a rule of others in the table of praas keeps open is not just %s', async (_what, close) => {
  const { world, command, publish } = await setUp('nftables');
  const mapping = await publish();
  const rule = `add rule ip praas prerouting ip daddr ${mapping.gateway_ip} tcp dport ${mapping.router_port} dnat to 10.20.0.52:80`;
  await world.run('nft', rule.split(' '));

  const warnings = await command(close(mapping));

  expect(warnings).toContainEqual(expect.stringContaining('table ip praas, chain prerouting'));
  await expectOpen(world.client, goalOf(mapping), 'db sees 203.0.113.2');
  // The next mapping makes the chains as they are to be.
  const next = await publish(4100);
  await expectClosed(world.client, goalOf(mapping));
  await expectOpen(world.client, goalOf(next), WEB);
});

describe('rules of praas in chains of others', () => {
  const strays: [string, (world: TestWorld, mapping: Mapping) => Promise<unknown>][] = [
    ['its chain was renamed', ({ run }) => run('iptables', ['-t', 'nat', '-E', 'custom-PREROUTING', 'kept'])],
    ['a copy in PREROUTING', (world, mapping) => copyTo(world, mapping, 'PREROUTING')],
    [
      'a copy in a chain of its own',
      async (world, mapping) => {
        await world.run('iptables', ['-t', 'nat', '-N', 'own']);
        await world.run('iptables', ['-t', 'nat', '-A', 'PREROUTING', '-j', 'own']);
        await copyTo(world, mapping, 'own');
      },
    ],
  ];

  async function copyTo({ run }: TestWorld, { id }: Mapping, chain: string): Promise<void> {
    const saved = await run('iptables-save', ['-t', 'nat']);
    const rule = saved.split('\n').find((line) => line.startsWith('-A custom-PREROUTING') && line.includes(id)) ?? '';
    const copy = rule.replace('custom-PREROUTING', chain);
    await run('iptables-restore', ['--noflush'], `*nat\n${copy}\nCOMMIT\n`);
  }

  test.each(
    strays.flatMap(([what, make]) =>
      (
        [
          ['deleted', deleted],
          ['disabled', disabled],
          ['expired', expired],
        ] as const
      ).map(([name, close]) => [what, name, make, close] as const),
    ),
  )('%s: %s is closed, and what else is published stays open', async (_what, _name, make, close) => {
    const { world, command, publish } = await setUp('iptables');
    const [mapping, other] = [await publish(), await publish()];
    await expectOpen(world.client, goalOf(mapping), WEB);
    await make(world, mapping);
    await expectOpen(world.client, goalOf(mapping), WEB);

    expect(await command(close(mapping))).toEqual([]);

    await expectClosed(world.client, goalOf(mapping));
    await expectOpen(world.client, goalOf(other), WEB);
    expect(await world.run('iptables-save', ['-t', 'nat'])).not.toContain(mapping.id);
  });

  test('a rule with the comment of a mapping that praas would not write is left alone, and named', async () => {
    const { world, command, publish } = await setUp('iptables');
    const mapping = await publish();
    const { gateway_ip, router_port, id } = mapping;
    const match = [
      '-d',
      gateway_ip,
      '-p',
      'tcp',
      '--dport',
      String(router_port),
      '-m',
      'comment',
      '--comment',
      `praas:${id}`,
    ];
    await world.run('iptables', [
      '-t',
      'nat',
      '-I',
      'PREROUTING',
      ...match,
      '-j',
      'DNAT',
      '--to-destination',
      '10.20.0.52',
    ]);
    await world.run('iptables', ['-t', 'nat', '-I', 'PREROUTING', '-i', 'lo', '-j', 'ACCEPT']);

    expect(await command(deleted(mapping))).toEqual([expect.stringContaining('-A PREROUTING -d 203.0.113.10/32')]);
    expect(await world.run('iptables-save', ['-t', 'nat'])).toContain('--to-destination 10.20.0.52');
  });
});
