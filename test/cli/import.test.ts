/** praas pat import with the executable: rules of the Python version on a node, with and without a daemon. */
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import { TestDaemon } from '../support/daemon.ts';
import { BACKENDS } from '../support/dataplane.ts';
import { machineWithout, type Shell, type ShellOptions, testShell, withSlowRestore } from '../support/executable.ts';
import { bareRules, expectKernelEqualsStore } from '../support/kernel-view.ts';
import { pythonRules, pythonTable } from '../support/unmanaged-rules.ts';
import { expectClosed, expectOpen, type TestWorld, testWorld } from '../support/world.ts';

const COUNT = 30;
const KILLED = 137;
/** Longer than it takes to see that it has begun, and to kill it. */
const RESTORE_SECONDS = 3;
const RANGE = '-A custom-PREROUTING -p tcp -m tcp --dport 9000:9100 -j DNAT --to-destination 10.20.0.52';

let world: TestWorld;
let shell: Shell;
const cleanups: (() => Promise<void> | void)[] = [];

beforeEach(async () => {
  world = await testWorld({ router: 'neutron', neutronRules: true });
  await world.web.listen({ protocol: 'tcp', port: 80 });
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
  await world?.remove();
});

const saved = async (): Promise<string> => bareRules(await world.run('iptables-save', ['-t', 'nat']));
const goalOf = (port: number) => ({ protocol: 'tcp', address: world.gateway, port }) as const;

/** As many rules of the Python version, from port 5000 on. */
async function pythonNode(count = 1): Promise<void> {
  const rules = Array.from({ length: count }, (_, index) => pythonRules(5000 + index, '10.20.0.51:80')[0] ?? '');
  const [, hiding = ''] = pythonRules(5000, '10.20.0.51:80');
  await world.run('iptables-restore', ['--noflush'], pythonTable([...rules, hiding, RANGE]));
}

function alone(options: ShellOptions = {}): void {
  shell = testShell(options);
  cleanups.push(() => shell.remove());
}

test('shows what would become of each rule; does it; again, nothing is left to do', async () => {
  await pythonNode();
  alone();
  const before = await saved();

  const preview = await shell.ok('pat', 'import', '-r', world.router_id, '--dry-run');
  expect(preview).toMatch(/--dport 5000 .*imported/);
  expect(preview).toMatch(/--dport 9000:9100 .*kept .*its --dport/);
  expect(await saved()).toBe(before);
  expect(await shell.json('pat', 'list')).toEqual([]);

  const done = await shell.json<{ result: string }[]>('pat', 'import', '-r', world.router_id);
  expect(done.map(({ result }) => result).toSorted()).toEqual(['imported', 'kept']);
  const [mapping] = await shell.json<Mapping[]>('pat', 'list');
  expect(mapping).toMatchObject({ router_port: 5000, server_ip: '10.20.0.51', masquerade: 'always', status: 'ACTIVE' });
  await expectOpen(world.client, goalOf(5000), 'web sees 10.20.0.1');
  const events = await shell.json<object[]>('events');
  expect(events).toMatchObject([
    { type: 'created', reason: expect.stringContaining('custom-PREROUTING'), reason_code: null },
  ]);

  const after = await saved();
  expect(await shell.ok('pat', 'import', '-r', world.router_id, '-f', 'value', '-c', 'Result')).toBe('kept\n');
  expect(await saved()).toBe(after);
  await shell.ok('pat', 'delete', mapping?.id ?? '');
  await expectClosed(world.client, goalOf(5000));
});

interface Preview {
  readonly rules: readonly { readonly result: string; readonly mapping_ids: readonly string[] }[];
  readonly script: string;
}

/** Those of a preview are made up anew each time. */
function withoutIds(preview: Preview): unknown {
  return JSON.parse(JSON.stringify(preview).replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f-]{21}/g, 'an id'));
}

test('the daemon does the same when one runs', async () => {
  await pythonNode();
  const daemon = await TestDaemon.start();
  cleanups.push(() => daemon.remove());
  alone();
  const before = await saved();
  const [here, there] = await Promise.all(
    [shell, daemon.shell].map((each) => each.json<Preview>('pat', 'import', '-r', world.router_id, '--dry-run')),
  );
  expect(there && withoutIds(there)).toEqual(here && withoutIds(here));
  expect(there?.rules.map(({ result }) => result).toSorted()).toEqual(['imported', 'kept']);
  expect(await saved()).toBe(before);
  await daemon.shell.ok('pat', 'import', '-r', world.router_id);
  await expectOpen(world.client, goalOf(5000), 'web sees 10.20.0.1');
  expect(await saved()).not.toContain(pythonRules(5000, '10.20.0.51:80')[0]);
  const [mapping] = await daemon.shell.json<Mapping[]>('pat', 'list');
  expect(mapping).toMatchObject({ router_port: 5000, status: 'ACTIVE', project_id: null });
});

/** Ends an import when the mappings are stored, and the rules of the Python version are still there. */
async function cutShort(): Promise<void> {
  const slow = withSlowRestore(shell, RESTORE_SECONDS);
  const { process: child, ended } = slow.start('pat', 'import', '-r', world.router_id);
  await slow.begun();
  child.kill('SIGKILL');
  expect((await ended).code).toBe(KILLED);
  expect(await saved()).toContain(pythonRules(5000, '10.20.0.51:80')[0]);
  await expectOpen(world.client, goalOf(5000), 'web sees 10.20.0.1');
}

describe.each(BACKENDS)('%s, killed between store and kernel', (backend) => {
  test('the daemon finishes it at its start', async () => {
    await pythonNode();
    alone({ backend });
    await cutShort();
    const daemon = await TestDaemon.start({ backend, directory: shell.directory });
    cleanups.unshift(() => daemon.remove());

    const nat = await saved();
    expect(pythonRules(5000, '10.20.0.51:80').filter((rule) => nat.includes(rule))).toEqual([]);
    expect(nat).toContain(RANGE);
    const mappings = await daemon.shell.json<Mapping[]>('pat', 'list');
    expect(mappings).toMatchObject([{ router_port: 5000, status: 'ACTIVE' }]);
    await expectKernelEqualsStore(daemon.shell, world, backend);
    await expectOpen(world.client, goalOf(5000), 'web sees 10.20.0.1');
  });

  test('the mapping can be deleted, and its port is closed', async () => {
    await pythonNode();
    alone({ backend });
    await cutShort();
    const [mapping] = await shell.json<Mapping[]>('pat', 'list');
    await shell.ok('pat', 'delete', mapping?.id ?? '');
    await expectClosed(world.client, goalOf(5000));
    expect(await saved()).toContain(RANGE);
  });
});

test('without conntrack it fails with the reason, and every port stays open', async () => {
  await pythonNode();
  alone();
  const before = await saved();
  const bare = shell.with({ wrapper: machineWithout(shell.directory, 'conntrack') });
  const { code, stderr } = await bare.run('pat', 'import', '-r', world.router_id);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('apt install conntrack') });
  expect(await saved()).toBe(before);
  await expectOpen(world.client, goalOf(5000), 'web sees 10.20.0.1');
});

test('killed at any moment: the ports stay open, and a second one finishes it', async () => {
  for (let round = 0; round < 8; round++) {
    await pythonNode(COUNT);
    alone({ settings: ['lock_timeout_seconds = 5'] });
    const begun = performance.now();
    const { process: child, ended } = shell.start('pat', 'import', '-r', world.router_id);
    await Promise.race([setTimeout(40 + round * 40), ended]);
    child.kill('SIGKILL');
    const where = `round ${round}, killed after ${(performance.now() - begun).toFixed(0)} ms`;
    expect([0, KILLED]).toContain((await ended).code);

    await expectOpen(world.client, goalOf(5000 + round), 'web sees 10.20.0.1');
    expect({ where, ...(await shell.run('pat', 'import', '-r', world.router_id)) }).toMatchObject({ where, code: 0 });
    expect({ where, mappings: (await shell.json<Mapping[]>('pat', 'list')).length }).toEqual({
      where,
      mappings: COUNT,
    });
    const nat = await saved();
    expect({ where, left: pythonRules(5000, '10.20.0.51:80').filter((rule) => nat.includes(rule)) }).toEqual({
      where,
      left: [],
    });
    await expectOpen(world.client, goalOf(5000 + round), 'web sees 10.20.0.1');
    await world.run('iptables', ['-t', 'nat', '-F']);
    await world.run('iptables', ['-t', 'nat', '-X']);
    for (const cleanup of cleanups.splice(0)) await cleanup();
  }
});
