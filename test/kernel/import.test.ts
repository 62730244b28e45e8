// Rules of the Python version become mappings, and packets notice nothing.

import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ROOT } from '../../src/core/identity/requester.ts';
import { BACKENDS, realDataplane } from '../support/dataplane.ts';
import { bareRules } from '../support/kernel-view.ts';
import { type TestNode, testNode } from '../support/node.ts';
import { pythonRules, pythonTable } from '../support/unmanaged-rules.ts';
import { expectClosed, expectOpen, neutronRules, type TestWorld, testWorld } from '../support/world.ts';

const PORT = 4022;
/** As long as that: iptables sees them in one look, and so does a client that connects again and again. */
const ATTEMPTS_BEFORE = 20;
/** A rule of its own kind, that no mapping can say. */
const RANGE = '-A custom-PREROUTING -p tcp -m tcp --dport 9000:9100 -j DNAT --to-destination 10.20.0.52';
const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** A node whose iptables is the older variant. */
const LEGACY = 'iptables-legacy';
const WAYS = [...BACKENDS, LEGACY] as const;
type Way = (typeof WAYS)[number];

/** A search path on which the iptables of every program is the older variant. */
function legacyPath(): string {
  const bin = mkdtempSync(join(tmpdir(), 'praas-legacy-'));
  cleanups.push(async () => rmSync(bin, { recursive: true }));
  for (const tool of ['iptables', 'iptables-save', 'iptables-restore']) {
    symlinkSync('/usr/sbin/xtables-legacy-multi', join(bin, tool));
  }
  return `${bin}:${process.env['PATH']}`;
}

/** The name of the tool on the way that is tried. */
const toolOf = (way: Way, tool: 'save' | 'restore'): string => `${way === LEGACY ? LEGACY : 'iptables'}-${tool}`;

function nodeOf(way: Way): TestNode {
  if (way !== LEGACY) return testNode(way);
  return testNode('iptables', realDataplane('iptables', [], 10, { ...process.env, PATH: legacyPath() }));
}

async function setUp(way: Way): Promise<{ world: TestWorld; node: TestNode }> {
  const world = await testWorld({ router: 'neutron' });
  await world.run(toolOf(way, 'restore'), [], neutronRules(world.names));
  const node = nodeOf(way);
  cleanups.push(async () => {
    await node.close();
    await world.remove();
  });
  await world.web.listen({ protocol: 'tcp', port: 80 });
  await world.run(toolOf(way, 'restore'), ['--noflush'], pythonTable([...pythonRules(PORT, '10.20.0.51:80'), RANGE]));
  return { world, node };
}

const natOf = async (world: TestWorld, way: Way): Promise<string> =>
  bareRules(await world.run(toolOf(way, 'save'), ['-t', 'nat']));

describe.each(WAYS)('%s', (way) => {
  test('connections go on, every new one succeeds, and then the port is a mapping like others', async () => {
    const { world, node } = await setUp(way);
    const goal = { protocol: 'tcp', address: world.gateway, port: PORT } as const;
    await expectOpen(world.client, goal, 'web sees 10.20.0.1');
    const held = await world.client.open(goal);
    await held.send('before');
    const over = new AbortController();
    const attempts: string[] = [];
    const attempting = (async () => {
      while (!over.signal.aborted) attempts.push(JSON.stringify(await world.client.connect(goal)));
    })();
    while (attempts.length < ATTEMPTS_BEFORE) await held.send('meanwhile');

    const { value } = await node.imports.importRules(world.router_id, { requester: ROOT });
    const known = attempts.length;
    while (attempts.length < known + ATTEMPTS_BEFORE) await held.send('meanwhile');
    over.abort();
    await attempting;

    expect(value.map(({ result }) => result).toSorted()).toEqual(['imported', 'kept']);
    expect(attempts.filter((attempt) => !attempt.includes('reply'))).toEqual([]);
    expect(await held.send('after')).toMatchObject({ reply: 'web sees 10.20.0.1' });
    await held.close();
    const nat = await natOf(world, way);
    expect(nat).toContain(RANGE);
    for (const rule of pythonRules(PORT, '10.20.0.51:80')) expect(nat).not.toContain(rule);
    const { value: drift } = await node.pat.sync(world.router_id);
    expect(drift).toMatchObject({ added: 0, removed: 0 });

    const again = await node.imports.importRules(world.router_id, { requester: ROOT });
    expect(again.value.map(({ result }) => result)).toEqual(['kept']);
    expect(await natOf(world, way)).toBe(nat);

    const [id = ''] = value.flatMap(({ mapping_ids }) => mapping_ids);
    await expectOpen(world.client, goal, 'web sees 10.20.0.1');
    await node.pat.delete([id]);
    await expectClosed(world.client, goal);
  });

  test('shown only, nothing changes', async () => {
    const { world, node } = await setUp(way);
    const before = await natOf(world, way);
    const { value, script } = await node.imports.importRules(world.router_id, { requester: ROOT, dryRun: true });
    expect(value).toMatchObject([{ result: 'imported' }, { result: 'kept' }]);
    expect(script).toContain(`--dport ${PORT}`);
    expect(await natOf(world, way)).toBe(before);
    expect((await node.store.read(world.router_id)).mappings.size).toBe(0);
  });

  test('cut short between store and kernel, the next sync finishes it', async () => {
    const { world, node } = await setUp(way);
    const goal = { protocol: 'tcp', address: world.gateway, port: PORT } as const;
    // What is durable when a process dies there.
    await node.imports.importRules(world.router_id, { requester: ROOT });
    const { mappings } = await node.store.read(world.router_id);
    const python = pythonRules(PORT, '10.20.0.51:80');
    await node.store.transaction(world.router_id, (transaction) => transaction.commit({ adopting: python }));
    await world.run(
      toolOf(way, 'restore'),
      ['--noflush'],
      ['*nat', ...python.map((rule) => rule.replace('-A', '-I')), 'COMMIT', ''].join('\n'),
    );

    await node.pat.sync(world.router_id);
    const nat = await natOf(world, way);
    for (const rule of python) expect(nat).not.toContain(rule);
    expect((await node.store.read(world.router_id)).adopting).toEqual([]);
    await expectOpen(world.client, goal, 'web sees 10.20.0.1');
    await node.pat.delete([...mappings.keys()]);
    await expectClosed(world.client, goal);
  });
});
