/** `praas demo` as people run it: the built executable, real packets, and what is left on the machine afterwards. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { constants } from 'node:os';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DEMO_NAMES } from '../../src/admin/demo/demo.ts';
import { createExec } from '../../src/system/exec.ts';

const PRAAS = new URL('../../build/praas', import.meta.url).pathname;
/** A fact in the middle of the demonstration. */
const MIDDLE = '✓ the web server';

interface Running {
  /** Resolves when this text is on the screen. */
  shows(text: string): Promise<void>;
  /** Sends the signal to the demonstration alone, or to everything that it has started as well. */
  signal(name: NodeJS.Signals, reach: 'alone' | 'group'): void;
  /** Its exit code, null when it was killed, and all that it wrote. */
  readonly ended: Promise<{ readonly code: number | null; readonly screen: string }>;
}

const exec = createExec(60_000, process.env);
const running: Running[] = [];

beforeEach(() => {
  expect(existsSync(PRAAS) ? PRAAS : 'build/praas is missing: npm run build:exe').toBe(PRAAS);
});

afterEach(async () => {
  for (const demo of running.splice(0)) {
    demo.signal('SIGTERM', 'alone');
    await demo.ended;
  }
});

for (const backend of ['iptables', 'nftables']) {
  test(`with ${backend} it runs to its end, and nothing is left`, async () => {
    const { code, screen } = await start('--backend', backend).ended;

    expect(code).toBe(0);
    expect(screen).not.toContain('\u001b[');
    await expectNothingLeft();
  });
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  for (const reach of ['alone', 'group'] as const) {
    test(`${signal} in the middle (${reach}) makes it remove everything`, async () => {
      const demo = start();
      await demo.shows(MIDDLE);

      demo.signal(signal, reach);
      const { code, screen } = await demo.ended;

      expect(screen).not.toContain('Error');
      expect(code).toBe(128 + constants.signals[signal]);
      await expectNothingLeft();
    });
  }
}

test('a second ^C while it removes everything changes nothing', async () => {
  const demo = start();
  await demo.shows(MIDDLE);

  demo.signal('SIGINT', 'group');
  demo.signal('SIGINT', 'group');
  await new Promise(setImmediate);
  demo.signal('SIGINT', 'group');

  expect(await demo.ended).toMatchObject({ code: 130 });
  await expectNothingLeft();
});

test('killed in the middle it leaves its world behind, which the next demonstration removes', async () => {
  const demo = start();
  await demo.shows(MIDDLE);
  demo.signal('SIGKILL', 'alone');
  await demo.ended;
  expect(await namespaces()).toContain(DEMO_NAMES.router);

  expect(await start().ended).toMatchObject({ code: 0 });

  await expectNothingLeft();
});

test('a second demonstration at the same time is refused, and the first goes on to its end', async () => {
  const demo = start();
  await demo.shows('✓');

  const second = await start().ended;

  expect(second).toMatchObject({ code: 1, screen: expect.stringContaining('/run/praas-demo.lock') });
  expect(await demo.ended).toMatchObject({ code: 0 });
  await expectNothingLeft();
});

/** Starts the demonstration in a process group of its own, as a terminal does. */
function start(...args: readonly string[]): Running {
  const child = spawn(PRAAS, ['demo', ...args], { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${PRAAS} cannot be started`);
  let screen = '';
  let onText: (() => unknown) | undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      screen += text;
      onText?.();
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve)).then((code) => ({
    code,
    screen,
  }));
  const demo: Running = {
    shows: (text) =>
      new Promise((resolve, reject) => {
        onText = () => screen.includes(text) && resolve();
        onText();
        void ended.then(() => reject(new Error(`ended without “${text}”:\n${screen}`)));
      }),
    signal: (name, reach) => {
      if (child.exitCode === null && child.signalCode === null) process.kill(reach === 'group' ? -pid : pid, name);
    },
    ended,
  };
  running.push(demo);
  return demo;
}

async function expectNothingLeft(): Promise<void> {
  expect(await namespaces()).toEqual([]);
  expect(readdirSync('/run').filter((name) => name.startsWith('praas-demo'))).toEqual([]);
  expect(processes()).toEqual([]);
}

/** Namespaces of the demonstration: worlds of other tests come and go beside it. */
async function namespaces(): Promise<string[]> {
  const { stdout } = await exec({ file: 'ip', args: ['netns', 'list'] });
  const names = stdout.split('\n').map((line) => line.split(' ', 1)[0] ?? '');
  return names.filter((name) => name === DEMO_NAMES.router || name.startsWith(DEMO_NAMES.prefix));
}

/** Command lines of processes that run the demonstration or a part of it. */
function processes(): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return readlinkSync(`/proc/${pid}/exe`) === PRAAS && line.includes(' demo ') ? [line] : [];
    } catch {
      // It ended meanwhile.
      return [];
    }
  });
}
