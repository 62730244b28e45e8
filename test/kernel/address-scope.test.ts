// A server in an address scope of its own: Neutron drops what crosses into it without its mark, in the real kernel.
import { afterEach, describe, expect, test } from '@jest/globals';
import type { BackendName } from '../../src/netfilter/backend.ts';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import type { MappingRequestInput } from '../../src/pat/mapping/request.ts';
import { NO_SCOPE, setScope } from '../support/address-scope.ts';
import { BACKENDS } from '../support/dataplane.ts';
import { type TestNode, testNode } from '../support/node.ts';
import { expectClosed, expectOpen, reach, type TestWorld, testWorld } from '../support/world.ts';

const SCOPE = 0x4010000;
const OTHER_SCOPE = 0x4020000;
const BY_HAND = [
  '-d',
  '203.0.113.10',
  '-p',
  'tcp',
  '--dport',
  '4900',
  '-j',
  'DNAT',
  '--to-destination',
  '10.20.0.51:80',
];
const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Scene {
  readonly world: TestWorld;
  readonly node: TestNode;
  publish(input?: Partial<MappingRequestInput>): Promise<Mapping>;
}

async function setUp(backend: BackendName, scope: number): Promise<Scene> {
  const world = await testWorld({ router: 'neutron', neutronRules: true });
  cleanups.push(() => world.remove());
  const node = testNode(backend);
  cleanups.push(() => node.close());
  await setScope(world, scope);
  for (const protocol of ['tcp', 'udp'] as const) await world.web.listen({ protocol, port: 80 });
  const publish: Scene['publish'] = async (input = {}) => {
    const request = { router_id: world.router_id, server_ip: '10.20.0.51', server_port: 80, ...input };
    return (await node.pat.create(request)).value;
  };
  return { world, node, publish };
}

const goalOf = ({ protocol, gateway_ip, router_port }: Mapping) => ({
  protocol,
  address: gateway_ip,
  port: router_port,
});

/** Everything of ours that is about marks, as the tools show it. */
async function marksIn(world: TestWorld): Promise<string> {
  const saved = (await world.run('iptables-save', ['-t', 'mangle'])).split('\n');
  const ours = saved.filter((line) => line.startsWith('-A') && line.includes('custom-'));
  const tables = (await world.run('nft', ['list', 'tables'])).includes('table ip praas');
  const table = tables ? await world.run('nft', ['list', 'table', 'ip', 'praas']) : '';
  return [...ours, ...table.split('\n').filter((line) => /mark|scope-/.test(line))].join('\n');
}

/** What a caller outside hears of a translation that was made by hand, without a mark. */
async function translatedByHand({ run, client }: TestWorld): Promise<string> {
  await run('iptables', ['-t', 'nat', '-A', 'PREROUTING', ...BY_HAND]);
  try {
    return await reach(client, { protocol: 'tcp', address: '203.0.113.10', port: 4900, timeoutMs: 300 });
  } finally {
    await run('iptables', ['-t', 'nat', '-D', 'PREROUTING', ...BY_HAND]);
  }
}

describe.each(BACKENDS)('%s', (backend) => {
  test.each(['tcp', 'udp'] as const)(
    '%s: what Neutron drops without a mark passes while it is published, and not before or after',
    async (protocol) => {
      const { world, node, publish } = await setUp(backend, SCOPE);
      expect(await translatedByHand(world)).toBe('timeout');

      const mapping = await publish({ protocol });
      await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');
      await expectOpen(world.client2, goalOf(mapping), 'web sees 198.51.100.7');
      expect(await translatedByHand(world)).toBe('timeout');

      await node.pat.delete([mapping.id]);
      await expectClosed(world.client, goalOf(mapping));
      expect(await translatedByHand(world)).toBe('timeout');
    },
  );

  test('a held connection goes on, packet after packet', async () => {
    const { world, publish } = await setUp(backend, SCOPE);
    const held = await world.client.open(goalOf(await publish()));
    for (const word of ['one', 'two', 'three']) {
      expect(await held.send(word)).toMatchObject({ reply: 'web sees 203.0.113.2' });
    }
  });

  test('hairpin, allowed networks and masquerading work as without scopes', async () => {
    const { world, node, publish } = await setUp(backend, SCOPE);
    const mapping = await publish({ allowed_cidrs: ['198.51.100.0/24', '10.20.0.0/24'] });
    await expectOpen(world.client2, goalOf(mapping), 'web sees 198.51.100.7');
    await expectClosed(world.client, goalOf(mapping));
    await expectOpen(world.db, goalOf(mapping), `web sees ${world.gateway}`);

    await node.pat.update(mapping.id, { allowed_cidrs: [], masquerade: 'always' });
    await expectOpen(world.client, goalOf(mapping), 'web sees 10.20.0.1');
  });

  test('another value is followed by the next sync, which then finds nothing to do', async () => {
    const { world, node, publish } = await setUp(backend, SCOPE);
    const mapping = await publish();
    await setScope(world, OTHER_SCOPE);
    await expectClosed(world.client, goalOf(mapping));

    expect((await node.pat.sync(world.router_id)).value).toEqual({ added: 1, removed: 1, moved: 0 });

    await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');
    expect(await marksIn(world)).not.toMatch(/praas:.*4010000/);
    expect((await node.pat.sync(world.router_id, { dryRun: true })).script).toBe('');
  });

  test('a network that gets a scope and leaves it again gets its marks and loses them', async () => {
    const { world, node, publish } = await setUp(backend, NO_SCOPE);
    const mapping = await publish();
    await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');
    expect(await marksIn(world)).toBe('');

    await setScope(world, SCOPE);
    await node.pat.sync(world.router_id);
    await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');
    expect(await marksIn(world)).toContain(`praas:${mapping.id}`);

    await setScope(world, NO_SCOPE);
    await node.pat.sync(world.router_id);
    await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');
    expect(await marksIn(world)).not.toContain('praas:');
  });

  test('marks that were removed are restored by the next sync', async () => {
    const { world, node, publish } = await setUp(backend, SCOPE);
    const mapping = await publish();
    if (backend === 'iptables') await world.run('iptables', ['-t', 'mangle', '-F', 'custom-PREROUTING']);
    else await world.run('nft', ['flush', 'chain', 'ip', 'praas', 'marking']);
    await expectClosed(world.client, goalOf(mapping));

    await node.pat.sync(world.router_id);
    await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');

    if (backend === 'iptables') {
      await world.run('iptables', ['-t', 'mangle', '-D', 'PREROUTING', '-j', 'custom-PREROUTING']);
    } else await world.run('nft', ['flush', 'map', 'ip', 'praas', 'marks']);
    await expectClosed(world.client, goalOf(mapping));
    await node.pat.sync(world.router_id);
    await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');
  });

  test("Neutron's own rules stay as they are, byte for byte", async () => {
    const { world, node, publish } = await setUp(backend, SCOPE);
    const others = async (): Promise<string[]> =>
      (await world.run('iptables-save', []))
        .split('\n')
        .filter((line) => line.startsWith('-A') && !/custom-/.test(line));
    const before = await others();
    const mapping = await publish();
    await node.pat.update(mapping.id, { router_port: 4050 });
    expect(await others()).toEqual(before);
    await node.pat.delete([mapping.id]);
    expect(await others()).toEqual(before);
  });

  test('an unknown rule for address scopes is a warning of the router, and the mapping is created', async () => {
    const { world, publish, node } = await setUp(backend, NO_SCOPE);
    const unknown = ['-o', world.names.insideInterface, '-m', 'mark', '--mark', '0x5/0xff', '-j', 'DROP'];
    await world.run('iptables', ['-A', 'neutron-l3-agent-scope', ...unknown]);
    const created = await node.pat.create({ router_id: world.router_id, server_ip: '10.20.0.51', server_port: 80 });
    expect(created.warnings.join('\n')).toContain('--mark 0x5/0xff -j DROP');
    expect((await publish()).status).toBe('ACTIVE');
  });
});

test('changing the backend moves the marks too, and leaves none in the old one', async () => {
  const { world, node, publish } = await setUp('iptables', SCOPE);
  const mapping = await publish();
  const nft = testNode('nftables', undefined, node.state_dir);
  cleanups.unshift(() => nft.close());
  await node.release();

  await nft.pat.sync(world.router_id);

  expect(await world.run('iptables-save', [])).not.toContain('praas:');
  await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');
});
