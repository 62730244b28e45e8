// Eight at the same time on one router: none loses a mapping, none gets the port of another, and the kernel holds what
// the store says. With shells that run the executable, as scripts do, and with processes that stay.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { BackendName } from '../../src/netfilter/backend.ts';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import { type Ended, running, type Shell, testShell } from '../support/executable.ts';
import { expectKernelEqualsStore } from '../support/kernel-view.ts';
import { type TestWorld, testWorld } from '../support/world.ts';

const WORKERS = 8;
/** A shell starts the executable for each, a process creates them all. */
const EACH_SHELL = 12;
const EACH_PROCESS = 30;
const TIMEOUT_MS = 600_000;
const CREATOR = fileURLToPath(new URL('../support/creator.ts', import.meta.url));

let world: TestWorld;
let shell: Shell;

beforeEach(async () => {
  world = await testWorld({ router: 'neutron', neutronRules: true });
});
afterEach(async () => {
  shell?.remove();
  await world?.remove();
});

/** Starts the same command line eight times and checks what became of all of it. */
async function expectAllDone(backend: BackendName, each: number, line: readonly string[]): Promise<void> {
  const [file = '', ...args] = line;
  const start = (): Promise<Ended> => running(spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] })).ended;
  const ends = await Promise.all(Array.from({ length: WORKERS }, start));
  expect(ends.map(({ code, stderr }) => ({ code, stderr }))).toEqual(ends.map(() => ({ code: 0, stderr: '' })));

  const told = ends.flatMap(({ stdout }) => stdout.trimEnd().split('\n').map(Number));
  expect(told).toHaveLength(WORKERS * each);
  expect(new Set(told).size).toBe(WORKERS * each);
  const listed = await shell.json<Mapping[]>('pat', 'list');
  expect(listed.map(({ router_port }) => router_port)).toEqual(told.toSorted((a, b) => a - b));
  expect(listed.every(({ status }) => status === 'ACTIVE')).toBe(true);
  expect(await expectKernelEqualsStore(shell, world, backend)).toHaveLength(WORKERS * each);
  expect(await shell.json('router', 'sync', world.router_id)).toMatchObject({ added: 0, removed: 0 });
}

const SETTINGS = ['router_port_range = 4000:5000', 'lock_timeout_seconds = 300'];

test(
  'eight shells that create 12 mappings each end with 96 different ports (iptables)',
  async () => {
    shell = testShell({ backend: 'iptables', settings: SETTINGS });
    const words = ['-r', world.router_id, '--server-ip', '10.20.0.51', '-p', '80', '-f', 'value', '-c', 'Router Port'];
    const loop = `for round in $(seq ${EACH_SHELL}); do "$@" || exit; done`;
    await expectAllDone('iptables', EACH_SHELL, ['sh', '-c', loop, 'sh', ...shell.command('pat', 'create', ...words)]);
  },
  TIMEOUT_MS,
);

test(
  'eight processes that create 30 mappings each through compose() end with 240 different ports (nftables)',
  async () => {
    shell = testShell({ backend: 'nftables', settings: SETTINGS });
    await expectAllDone('nftables', EACH_PROCESS, [
      process.execPath,
      CREATOR,
      shell.configPath,
      shell.state_dir,
      world.router_id,
      String(EACH_PROCESS),
    ]);
  },
  TIMEOUT_MS,
);
