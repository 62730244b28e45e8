/** praas doctor with the executable, on a node without problems and with each of them. It changes nothing. */
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { DoctorReport, Finding } from '../../src/admin/doctor/report.ts';
import { TestDaemon } from '../support/daemon.ts';
import { contentOf, machineWithout, type Shell, testShell } from '../support/executable.ts';
import { FakeOpenStack } from '../support/fake-openstack.ts';
import { pythonRules, pythonTable } from '../support/unmanaged-rules.ts';
import { type TestWorld, testWorld } from '../support/world.ts';

let shell: Shell;
const cleanups: (() => unknown)[] = [];

// A node without routers: the doctor looks at each, and tests beside this one have many.
beforeEach(() => {
  const made = testShell();
  cleanups.push(() => made.remove());
  const netns = join(made.directory, 'netns');
  mkdirSync(netns);
  shell = made.with({ env: { PRAAS_NETNS_DIR: netns } });
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function examined(place: Shell = shell): Promise<DoctorReport & { readonly code: number }> {
  const { code, stdout } = await place.run('doctor', '--json');
  return { ...(JSON.parse(stdout) as DoctorReport), code };
}

async function findingOf(check: string | RegExp, place: Shell = shell): Promise<Finding | undefined> {
  const { findings } = await examined(place);
  return findings.find((finding) => (typeof check === 'string' ? finding.check === check : check.test(finding.check)));
}

async function routerWith(rules: readonly string[]): Promise<TestWorld> {
  const world = await testWorld({ router: 'neutron', neutronRules: true });
  cleanups.push(() => world.remove());
  symlinkSync(`/run/netns/${world.namespace}`, join(shell.directory, 'netns', world.namespace));
  if (rules.length > 0) await world.run('iptables-restore', ['--noflush'], pythonTable(rules));
  return world;
}

test('a node without problems: no check fails, and nothing is changed', async () => {
  const before = contentOf(shell.directory);
  const { code, stdout } = await shell.run('doctor');
  expect(stdout).toMatch(/^Rights\nok {8}root: /);
  expect(stdout).toMatch(/\n\d+ ok, \d+ warnings?, 0 failed, \d+ skipped\n$/);
  expect(code).toBe(0);
  expect(contentOf(shell.directory)).toEqual(before);
});

test('beside a daemon: it is ready, and the port is its own', async () => {
  const daemon = await TestDaemon.start();
  cleanups.push(() => daemon.remove());
  expect(await findingOf('PAT agent', daemon.shell)).toMatchObject({ verdict: 'ok' });
  expect(await findingOf(/^port_app/, daemon.shell)).toMatchObject({
    verdict: 'ok',
    detail: expect.stringContaining('praas'),
  });
});

test('a typo in praas.conf: it fails, and the other checks run', async () => {
  const broken = shell.with({ settings: ['backnd = iptables'] });
  const { code, findings } = await examined(broken);
  expect(code).toBe(1);
  const found = findings.find(({ check }) => check === 'praas.conf');
  expect(found).toMatchObject({ verdict: 'failed', detail: expect.stringContaining('backnd') });
  expect(findings.some(({ group }) => group === 'kernel')).toBe(true);
});

test('an old name of a key: a warning with the present one, and nothing is wrong', async () => {
  const old = shell.with({ settings: ['retain = 5'], env: { PRAAS_LOCK_TIMEOUT: '5' } });
  const { code, findings } = await examined(old);
  expect(code).toBe(0);
  const findingOn = (name: string): Finding | undefined => findings.find(({ check }) => check === name);
  const common = { group: 'configuration', verdict: 'warning' };
  expect(findingOn('retain')).toMatchObject({ ...common, next_step: expect.stringContaining('retain_days') });
  expect(findingOn('PRAAS_LOCK_TIMEOUT')).toMatchObject({
    ...common,
    next_step: expect.stringContaining('PRAAS_LOCK_TIMEOUT_SECONDS'),
  });
  expect(findingOn('praas.conf')).toMatchObject({ verdict: 'ok' });
});

test('a tool that is missing, with its package', async () => {
  const poor = shell.with({ wrapper: machineWithout(shell.directory, 'conntrack') });
  const found = await findingOf('conntrack', poor);
  expect(found).toMatchObject({ verdict: 'failed', next_step: 'Install the package conntrack.' });
});

test('the connection table of the node', async () => {
  expect(await findingOf('connection table')).toMatchObject({ group: 'kernel', verdict: 'ok' });
});

test('a port that another program uses', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  const { port } = server.address() as { port: number };
  const taken = shell.with({ env: { PRAAS_PORT_APP: String(port) } });
  expect(await findingOf(`port_app ${port}`, taken)).toMatchObject({ verdict: 'failed' });
});

test('a damaged record: it is named, and not touched', async () => {
  const routers = join(shell.directory, 'state', 'routers');
  mkdirSync(routers, { recursive: true });
  const path = join(routers, 'a5cf95d6-a37c-47ac-8fc6-dedd015b8edb.json');
  writeFileSync(path, '{"version": 1, ');
  const { findings, code } = await examined();
  expect(findings.filter(({ group, verdict }) => group === 'store' && verdict === 'failed')).toMatchObject([
    { detail: expect.stringContaining('a5cf95d6') },
  ]);
  expect(code).toBe(1);
  expect(existsSync(path)).toBe(true);
});

test('tokens that other users can read', async () => {
  const path = join(shell.directory, 'tokens.json');
  writeFileSync(path, '{}');
  chmodSync(path, 0o644);
  const loose = shell.with({ env: { PRAAS_TOKENS_PATH: path } });
  expect(await findingOf(path, loose)).toMatchObject({ verdict: 'warning', next_step: `Run \`chmod 600 ${path}\`.` });
});

test('a cloud whose login works, and one that refuses', async () => {
  const cloud = await FakeOpenStack.start(Date.now);
  cleanups.push(() => cloud.stop());
  cloud.tables.routers.push({ id: 'a5cf95d6-a37c-47ac-8fc6-dedd015b8edb', name: 'edge', admin_state_up: true });
  const path = join(shell.directory, 'clouds.yaml');
  const auth = { auth_url: cloud.keystone, username: 'praas', password: 'secret', project_name: 'service' };
  const domains = { user_domain_name: 'Default', project_domain_name: 'Default' };
  writeFileSync(path, JSON.stringify({ clouds: { praas: { auth: { ...auth, ...domains } } } }), { mode: 0o600 });
  const place = shell.with({ env: { PRAAS_CLOUDS_PATH: path } });

  expect(await findingOf('OpenStack', place)).toMatchObject({ verdict: 'ok' });
  expect(await findingOf('clock offset from OpenStack', place)).toMatchObject({ verdict: 'ok' });
  cloud.wants = () => false;
  expect(await findingOf('OpenStack', place)).toMatchObject({ verdict: 'failed' });
  expect((await shell.run('doctor')).stdout).not.toContain('secret');
});

test('rules of the Python version: the next step is to import them', async () => {
  const world = await routerWith(pythonRules(4022, '10.20.0.51:22'));
  const found = await findingOf(world.router_id);
  expect(found).toMatchObject({ verdict: 'warning', next_step: expect.stringContaining('praas pat import') });
});

test('rules that another program has removed', async () => {
  const world = await routerWith([]);
  await shell.ok('pat', 'create', '-r', world.router_id, '--server-ip', '10.20.0.51', '-p', '80');
  expect(await findingOf(world.router_id)).toBeUndefined();
  await world.run('iptables', ['-t', 'nat', '-F', 'custom-PREROUTING']);
  const found = await findingOf(world.router_id);
  expect(found).toMatchObject({ verdict: 'warning', next_step: `Run \`praas router sync ${world.router_id}\`.` });
});

test('both variants of iptables in one router', async () => {
  const world = await routerWith([]);
  await world.run('iptables-legacy', ['-t', 'nat', '-N', 'of-another-tool']);
  const found = await findingOf(world.router_id);
  expect(found).toMatchObject({ verdict: 'warning', detail: expect.stringContaining('iptables-legacy') });
});
