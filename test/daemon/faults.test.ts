/** Bad days of the daemon: it says what is wrong, loses nothing, leaves nothing half done, and recovers by itself. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { MappingView } from '../../src/pat/mapping/view.ts';
import { type Reply, TestDaemon } from '../support/daemon.ts';
import { waitUntil } from '../support/executable.ts';
import { expectClosed, expectOpen, type TestWorld, testWorld } from '../support/world.ts';

interface Document {
  readonly mapping: MappingView;
}

interface Refused {
  readonly errors: readonly { readonly code: string; readonly detail: string }[];
}

let world: TestWorld;
let daemon: TestDaemon;
let cleanups: (() => void | Promise<void>)[];

beforeEach(async () => {
  cleanups = [];
  world = await testWorld({ router: 'neutron', neutronRules: true });
  await world.web.listen({ protocol: 'tcp', port: 80 });
});
afterEach(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
  await daemon.remove();
  await world.remove();
});

const create = <T = Document>(changes: object = {}): Promise<Reply<T>> => {
  const mapping = {
    router_id: world.router_id,
    server_ip: '10.20.0.51',
    server_port: 80,
    masquerade: 'never',
    ...changes,
  };
  return daemon.ask<T>('POST', '/v1/mappings', { body: { mapping } });
};
const goalOf = ({ router_port }: MappingView) =>
  ({ protocol: 'tcp', address: world.gateway, port: router_port }) as const;
const everything = async (): Promise<unknown> => [
  (await daemon.ask<{ mappings: readonly MappingView[] }>('GET', '/v1/mappings?fields=id&fields=router_port')).body,
  (await world.run('iptables-save', ['-t', 'nat'])).split('\n').filter((line) => line.startsWith('-A')),
];

describe('a state directory that cannot be written', () => {
  const withState = async (): Promise<string> => {
    const state = mkdtempSync(join(tmpdir(), 'praas-state-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', state]);
    cleanups.push(() => {
      execFileSync('umount', ['--lazy', state]);
      rmSync(state, { recursive: true });
    });
    daemon = await TestDaemon.start({ env: { PRAAS_STATE_DIR: state } });
    return state;
  };

  test('because the disk is full: 503 with the reason, reads go on, and it recovers by itself', async () => {
    const state = await withState();
    const { mapping } = (await create()).body;
    execFileSync('sh', ['-c', `cat /dev/zero > ${state}/filler 2>/dev/null || true`]);

    // What is left of the last block still takes some.
    let acknowledged = 0;
    let refused = await create<Refused>({ description: 'x'.repeat(255) });
    for (; refused.status === 201 && acknowledged < 50; acknowledged++) {
      refused = await create<Refused>({ description: 'x'.repeat(255) });
    }
    expect([refused.status, refused.body.errors[0]?.code]).toEqual([503, 'praas.store-full']);
    expect(refused.body.errors[0]?.detail).toContain(state);
    const again = await create({ description: 'x'.repeat(255) });
    expect(again.status).toBe(503);

    const ready = await daemon.ask<{ ready: boolean; degraded: boolean }>('GET', '/readyz');
    expect(ready.body).toMatchObject({ ready: true, degraded: true });
    const { body } = await daemon.ask<{ mappings: readonly MappingView[] }>('GET', '/v1/mappings');
    expect(body.mappings).toHaveLength(1 + acknowledged);
    expect(ruleCount(await world.run('iptables-save', ['-t', 'nat']))).toBe(1 + acknowledged);
    await expectOpen(world.client, goalOf(mapping), 'web sees 203.0.113.2');
    expect((await daemon.ask('DELETE', `/v1/mappings/${mapping.id}`)).status).toBe(204);
    await expectClosed(world.client, goalOf(mapping));
    expect((await create()).status).toBe(503);

    rmSync(join(state, 'filler'));
    expect((await create()).status).toBe(201);
    expect((await daemon.ask('GET', '/readyz')).body).toMatchObject({ ready: true, degraded: false });
  });

  test('because it is read-only: the same', async () => {
    const state = await withState();
    await create();
    const before = await everything();
    // The lock is open for writing, which keeps a file system from being remounted; where the records are nothing is.
    const routers = join(state, 'routers');
    execFileSync('mount', ['--bind', routers, routers]);
    cleanups.push(() => void execFileSync('umount', ['--lazy', routers]));
    execFileSync('mount', ['-o', 'remount,bind,ro', routers]);

    const { status, body } = await create<Refused>();

    expect([status, body.errors[0]?.code]).toEqual([503, 'praas.store-failed']);
    expect(body.errors[0]?.detail).toContain('read-only');
    expect(await everything()).toEqual(before);
    execFileSync('mount', ['-o', 'remount,bind,rw', routers]);
    expect((await create()).status).toBe(201);
  });
});

test('a process that keeps the xtables lock is waited for, and named as the reason when it takes too long', async () => {
  const legacy = mkdtempSync(join(tmpdir(), 'praas-bin-'));
  cleanups.push(() => rmSync(legacy, { recursive: true }));
  // The variant that has a lock: that of nf_tables takes its turn in the kernel.
  for (const name of ['save', 'restore'])
    symlinkSync('/usr/sbin/xtables-legacy-multi', join(legacy, `iptables-${name}`));
  daemon = await TestDaemon.start({
    settings: ['xtables_wait_seconds = 2'],
    env: { PRAAS_PROGRAMS_PATH: `${legacy}:${process.env['PATH']}` },
  });
  await create();
  const rules = (): Promise<string> => world.run('iptables-legacy-save', ['-t', 'nat']);
  const before = await rules();
  const holder = spawn('flock', ['/run/xtables.lock', 'sh', '-c', 'echo held; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanups.push(() => void holder.kill());
  await once(holder.stdout, 'data');

  const refused = await create<Refused>();

  expect([refused.status, refused.body.errors[0]?.code]).toEqual([503, 'praas.kernel-busy']);
  expect(refused.body.errors[0]?.detail).toContain('2 seconds');
  const waiting = create();
  execFileSync('pkill', ['-P', String(holder.pid)]);
  expect((await waiting).status).toBe(201);
  expect(ruleCount(await rules())).toBe(ruleCount(before) + 1);
  expect((await daemon.ask<{ mappings: readonly object[] }>('GET', '/v1/mappings')).body.mappings).toHaveLength(2);
});

test('an iptables that hangs is killed at its timeout, other routers do not wait, and nothing is half done', async () => {
  const other = await testWorld({ router: 'neutron' });
  cleanups.push(() => other.remove());
  const hung = await slowProgram(
    'iptables-restore',
    `[ "$(readlink /proc/self/ns/net)" = "net:[${await inodeOf(world)}]" ] && sleep 1000.25\nexec /usr/sbin/iptables-restore "$@"`,
  );
  daemon = await TestDaemon.start({ settings: ['command_timeout_seconds = 3'], env: { PRAAS_PROGRAMS_PATH: hung } });
  const before = await everything();

  const slow = create<Refused>();
  const [fast] = [await create({ router_id: other.router_id })];

  expect(fast.status).toBe(201);
  const refused = await slow;
  expect(refused.status).toBe(503);
  expect(refused.body.errors[0]).toMatchObject({
    code: 'praas.tool-timeout',
    facts: { command: expect.stringContaining('iptables-restore'), seconds: 3 },
  });
  const after = (await everything()) as [{ mappings: readonly object[] }, readonly string[]];
  expect(after[0].mappings).toHaveLength(1);
  expect(after[1]).toEqual((before as [unknown, unknown])[1]);
  expect(spawnSync('pgrep', ['-fx', 'sleep 1000.25']).stdout.toString()).toBe('');
});

test('a broken namespace is named in /readyz and delays no other router', async () => {
  const other = await testWorld({ router: 'neutron' });
  cleanups.push(() => other.remove());
  await other.web.listen({ protocol: 'tcp', port: 80 });
  const broken = await slowProgram(
    'iptables-save',
    `[ "$(readlink /proc/self/ns/net)" = "net:[${await inodeOf(world)}]" ] && [ -e "$0.broken" ] && { echo nonsense >&2; exit 1; }\nexec /usr/sbin/iptables-save "$@"`,
  );
  const switchOf = join(broken.split(':')[0] ?? '', 'iptables-save.broken');
  daemon = await TestDaemon.start({ settings: ['reconcile_period_seconds = 1'], env: { PRAAS_PROGRAMS_PATH: broken } });
  await create();
  const { mapping } = (await create({ router_id: other.router_id })).body;
  writeFileSync(switchOf, '');

  const readiness = () =>
    daemon.ask<{ checks: readonly { name: string; ok: boolean; detail: string }[] }>('GET', '/readyz');
  await waitUntil(async () => (await readiness()).status === 503);

  const check = (await readiness()).body.checks.find(({ name }) => name === 'reconcile');
  expect(check).toMatchObject({ ok: false, detail: expect.stringContaining(world.router_id) });
  await other.run('iptables', ['-t', 'nat', '-F']);
  await waitUntil(async () => (await other.run('iptables-save', ['-t', 'nat'])).includes(mapping.id));
  rmSync(switchOf);
  await waitUntil(async () => (await readiness()).status === 200);
  expect(daemon.said).toContain('reconcile recovered');
});

test('a daemon that is killed leaves no program behind, and the next finishes what it had begun', async () => {
  const slow = await slowProgram(
    'conntrack',
    '[ -e "$0.slow" ] && touch "$0.begun" && sleep 5\nexec /usr/sbin/conntrack "$@"',
  );
  const base = join(slow.split(':')[0] ?? '', 'conntrack');
  daemon = await TestDaemon.start({ env: { PRAAS_PROGRAMS_PATH: slow } });
  const { mapping } = (await create()).body;
  const session = await world.client.open(goalOf(mapping));
  writeFileSync(`${base}.slow`, '');
  const answer = daemon.ask('DELETE', `/v1/mappings/${mapping.id}`).catch(() => undefined);
  await waitUntil(() => existsSync(`${base}.begun`));

  await daemon.kill();
  rmSync(`${base}.slow`);
  await answer;
  await daemon.begin();

  await expectClosed(world.client, goalOf(mapping));
  expect(await session.send('still there?', 500)).toHaveProperty('error');
  expect((await daemon.ask<{ mappings: readonly object[] }>('GET', '/v1/mappings')).body.mappings).toEqual([]);
});

/** Gives a search path on which a program is replaced by a shell script. */
async function slowProgram(name: string, script: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'praas-bin-'));
  cleanups.push(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(directory, name), 0o755);
  return `${directory}:${process.env['PATH']}`;
}

async function inodeOf({ run }: TestWorld): Promise<string> {
  return /\d+/.exec(await run('readlink', ['/proc/self/ns/net']))?.[0] ?? '';
}

/** Rules of ours in a dump. */
function ruleCount(dump: string): number {
  return dump.split('\n').filter((line) => line.includes('praas:')).length;
}
