/** praas pat import with the executable: rules of the Python version on a node, with and without a daemon. */
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Mapping } from '../../src/pat/mapping.ts';
import { TestDaemon } from '../support/daemon.ts';
import { type Shell, testShell } from '../support/executable.ts';
import { pythonRules, pythonTable } from '../support/foreign.ts';
import { expectClosed, expectOpen, type TestWorld, testWorld } from '../support/world.ts';

const COUNT = 30;
const KILLED = 137;
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

/** Without the time of day. */
const saved = async (): Promise<string> => (await world.run('iptables-save', ['-t', 'nat'])).replaceAll(/^#.*\n/gm, '');
const goalOf = (port: number) => ({ protocol: 'tcp', address: world.gateway, port }) as const;

/** As many rules of the Python version, from port 5000 on. */
async function pythonNode(count = 1): Promise<void> {
  const rules = Array.from({ length: count }, (_, index) => pythonRules(5000 + index, '10.20.0.51:80')[0] ?? '');
  const [, hiding = ''] = pythonRules(5000, '10.20.0.51:80');
  await world.run('iptables-restore', ['--noflush'], pythonTable([...rules, hiding, RANGE]));
}

function alone(settings: readonly string[] = []): void {
  shell = testShell({ settings });
  cleanups.push(() => shell.remove());
}

test('shows what would become of each rule; does it; again, nothing is left to do', async () => {
  await pythonNode();
  alone();
  const before = await saved();

  const preview = await shell.ok('pat', 'import', '-r', world.router_id, '--dry-run');
  expect(preview).toMatch(/--dport 5000 .*imported/);
  expect(preview).toMatch(/--dport 9000:9100 .*left .*it is not for one port/);
  expect(await saved()).toBe(before);
  expect(await shell.json('pat', 'list')).toEqual([]);

  const done = await shell.json<{ result: string }[]>('pat', 'import', '-r', world.router_id);
  expect(done.map(({ result }) => result).toSorted()).toEqual(['imported', 'left']);
  const [mapping] = await shell.json<Mapping[]>('pat', 'list');
  expect(mapping).toMatchObject({ router_port: 5000, server_ip: '10.20.0.51', masquerade: 'always', status: 'ACTIVE' });
  await expectOpen(world.client, goalOf(5000), 'web sees 10.20.0.1');
  const events = await shell.json<object[]>('events');
  expect(events).toMatchObject([{ type: 'created', reason: expect.stringContaining('custom-PREROUTING') }]);

  const after = await saved();
  expect(await shell.ok('pat', 'import', '-r', world.router_id, '-f', 'value', '-c', 'Result')).toBe('left\n');
  expect(await saved()).toBe(after);
  await shell.ok('pat', 'delete', mapping?.id ?? '');
  await expectClosed(world.client, goalOf(5000));
});

test('the daemon does the same when one runs', async () => {
  await pythonNode();
  const daemon = await TestDaemon.start();
  cleanups.push(() => daemon.remove());
  const before = await saved();
  expect(await daemon.shell.ok('pat', 'import', '-r', world.router_id, '--dry-run')).toMatch(/5000 .*imported/);
  expect(await saved()).toBe(before);
  await daemon.shell.ok('pat', 'import', '-r', world.router_id);
  await expectOpen(world.client, goalOf(5000), 'web sees 10.20.0.1');
  expect(await saved()).not.toContain(pythonRules(5000, '10.20.0.51:80')[0]);
  const [mapping] = await daemon.shell.json<Mapping[]>('pat', 'list');
  expect(mapping).toMatchObject({ router_port: 5000, status: 'ACTIVE', project_id: null });
});

test('killed at any moment: the ports stay open, and a second one finishes it', async () => {
  for (let round = 0; round < 8; round++) {
    await pythonNode(COUNT);
    alone(['lock_timeout = 5']);
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
