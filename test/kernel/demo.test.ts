/** `praas demo` as people run it: the built executable, real packets, and what is left on the machine afterwards. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { constants } from 'node:os';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DEMO_NAMES } from '../../src/demo/demo.ts';
import { createExec } from '../../src/system/exec.ts';

const PRAAS = new URL('../../build/praas', import.meta.url).pathname;
const MIDDLE = '✓ the web server answers';
const MINUTE_MS = 60_000;

const exec = createExec(MINUTE_MS, process.env);
let before: string[];
let child: ChildProcess | undefined;

beforeEach(async () => {
  expect(existsSync(PRAAS) ? PRAAS : 'build/praas is missing: npm run build:exe').toBe(PRAAS);
  before = await namespaces();
});

afterEach(async () => {
  if (child !== undefined && child.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM');
    await once(child, 'close');
  }
  child = undefined;
});

for (const backend of ['iptables', 'nftables']) {
  test(
    `tells its story to the end with ${backend}, and nothing is left`,
    async () => {
      const { code, screen } = await ended(start('--backend', backend));

      expect(screen).toContain('Nothing is left of it on this machine.');
      expect(code).toBe(0);
      expect(screen).not.toContain('\u001b[');
      await expectNothingLeft();
    },
    MINUTE_MS,
  );
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(
    `interrupted by ${signal} in the middle it takes everything away`,
    async () => {
      const demo = start();
      await demo.says(MIDDLE);

      child?.kill(signal);
      const { code, screen } = await ended(demo);

      expect(code).toBe(128 + constants.signals[signal]);
      expect(screen).toContain('Interrupted after');
      await expectNothingLeft();
    },
    MINUTE_MS,
  );
}

test(
  '^C, which reaches every program of the terminal, is no failed step',
  async () => {
    const demo = start();
    await demo.says(MIDDLE);

    process.kill(-(child?.pid ?? 0), 'SIGINT');
    const { code, screen } = await ended(demo);

    expect(screen).toContain('Interrupted after');
    expect(code).toBe(130);
    await expectNothingLeft();
  },
  MINUTE_MS,
);

test(
  'killed in the middle its peers end by themselves, and the next demonstration works',
  async () => {
    const demo = start();
    await demo.says(MIDDLE);
    child?.kill('SIGKILL');
    await once(child as ChildProcess, 'exit');
    expect(await namespaces()).toContain(DEMO_NAMES.router);

    const { code } = await ended(start());

    expect(code).toBe(0);
    await expectNothingLeft();
  },
  2 * MINUTE_MS,
);

test(
  'a second demonstration at the same time is refused, and the first goes on',
  async () => {
    const demo = start();
    await demo.says(MIDDLE);

    const second = await exec({ file: PRAAS, args: ['demo'] });

    expect(second.exit_code).toBe(1);
    expect(second.stderr).toContain('another demonstration is running');
    expect((await ended(demo)).code).toBe(0);
    await expectNothingLeft();
  },
  MINUTE_MS,
);

interface Running {
  screen(): string;
  says(words: string): Promise<void>;
}

/** Starts the demonstration in a process group of its own, as a terminal does. */
function start(...args: readonly string[]): Running {
  const started = spawn(PRAAS, ['demo', ...args], { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  child = started;
  let screen = '';
  for (const stream of [started.stdout, started.stderr])
    stream.setEncoding('utf8').on('data', (text) => (screen += text));
  return {
    screen: () => screen,
    says: async (words) => {
      while (!screen.includes(words)) {
        if (started.exitCode !== null) throw new Error(`ended without saying “${words}”:\n${screen}`);
        await Promise.race([once(started.stdout, 'data'), once(started, 'exit')]);
      }
    },
  };
}

async function ended(demo: Running): Promise<{ code: number | null; screen: string }> {
  const [code] = (await once(child as ChildProcess, 'close')) as [number | null];
  return { code, screen: demo.screen() };
}

async function expectNothingLeft(): Promise<void> {
  expect(await namespaces()).toEqual(before);
  expect(readdirSync('/run').filter((name) => name.startsWith('praas-demo'))).toEqual([]);
  expect(demoProcesses()).toEqual([]);
}

async function namespaces(): Promise<string[]> {
  const { stdout } = await exec({ file: 'ip', args: ['netns', 'list'] });
  // Worlds of other tests come and go beside this one.
  return stdout
    .split('\n')
    .map((line) => line.split(' ', 1)[0] ?? '')
    .filter((name) => isOfDemo(name))
    .sort();
}

function isOfDemo(name: string): boolean {
  return name === DEMO_NAMES.router || name.startsWith(DEMO_NAMES.prefix);
}

/** Command lines of processes that run the executable. */
function demoProcesses(): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return readlinkSync(`/proc/${pid}/exe`) === PRAAS && line.includes(' demo ') ? [line] : [];
    } catch {
      // It ended while it was being looked at.
      return [];
    }
  });
}
