import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DEMO_NAMES, demoEnvironment, demoTools, runDemo } from '../../../src/admin/demo/demo.ts';
import { DemoOutput } from '../../../src/admin/demo/demo-output.ts';
import type { DemoBackend } from '../../../src/admin/demo/scenario.ts';
import { type Broken, FakeMachine } from '../../support/fake-machine.ts';
import { expectGolden } from '../../support/golden.ts';

let parent: string;
let directory: string;
let screen: string;
let interruption: AbortController;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'praas-demo-test-'));
  directory = join(parent, 'demo');
  screen = '';
  interruption = new AbortController();
});

afterEach(() => rmSync(parent, { recursive: true }));

async function demo(machine: FakeMachine, backend: DemoBackend = 'iptables'): Promise<boolean> {
  return runDemo({
    exec: machine.exec,
    output: new DemoOutput(
      (text) => {
        screen += text;
      },
      (_, text) => text,
    ),
    clock: { now: () => new Date('2026-01-01T00:00:00Z') },
    abortSignal: interruption.signal,
    praasCommand: ['praas'],
    directory,
    backend,
  });
}

function expectNothingLeft(machine: FakeMachine): void {
  expect([...machine.namespaces]).toEqual([]);
  expect(readdirSync(parent)).toEqual([]);
}

for (const backend of ['iptables', 'nftables'] as const) {
  test(`with ${backend} it runs to its end, and nothing is left`, async () => {
    const machine = new FakeMachine();

    expect(await demo(machine, backend)).toBe(true);

    expectGolden(`texts/admin.demo.${backend}.txt`, screen);
    expect(
      machine.commands.some((line) => line.includes(backend === 'iptables' ? ' iptables -t nat' : ' nft list')),
    ).toBe(true);
    expectNothingLeft(machine);
  });
}

test('every command of praas that is shown is one that was run', async () => {
  const machine = new FakeMachine();

  await demo(machine);

  const shown = [...screen.matchAll(/^\$ (.+)$/gm)].map(([, line]) => line?.replaceAll('"', ''));
  expect(shown.length).toBeGreaterThan(10);
  expect(shown.filter((line) => !machine.commands.includes(line ?? ''))).toEqual([]);
});

const FAILURES: readonly [Broken, string][] = [
  ['create', 'praas pat list'],
  ['update', 'curl'],
  ['delete', 'SSH session'],
  ['end sessions', 'SSH session'],
  ['rules', 'rules in the kernel'],
];
for (const [broken, step] of FAILURES) {
  test(`a praas that only pretends to ${broken} fails the demonstration, and nothing is left`, async () => {
    const machine = new FakeMachine(broken);

    const error = { code: 'DEMO_FAILED', facts: { step: expect.stringContaining(step) } };
    await expect(demo(machine)).rejects.toMatchObject(error);

    expectNothingLeft(machine);
  });
}

test('a tool that fails while the world is built fails the demonstration, and nothing is left', async () => {
  const machine = new FakeMachine();
  machine.before = (line) => {
    if (line.includes('sysctl')) throw new Error('no procps here');
  };

  await expect(demo(machine)).rejects.toThrow('no procps here');

  expectNothingLeft(machine);
});

for (const moment of ['ip -batch', 'sysctl', 'demo peer --name db', 'pat create', 'curl', 'pat delete']) {
  test(`interrupted at “${moment}” nothing more is started, and nothing is left`, async () => {
    const machine = new FakeMachine();
    let after: string[] = [];
    machine.before = (line) => {
      if (interruption.signal.aborted) after = [...after, line];
      if (line.includes(moment)) interruption.abort('SIGINT');
    };

    expect(await demo(machine)).toBe(false);

    expect(after.filter((line) => !/^ip (netns list|-force -batch -)$/.test(line))).toEqual([]);
    expectNothingLeft(machine);
  });
}

test('a program that the same ^C has ended is not a failed step', async () => {
  const machine = new FakeMachine();
  machine.before = (line) => {
    if (!line.includes('pat create')) return;
    // The signal is handled only after the death of the program is known.
    setImmediate(() => interruption.abort('SIGINT'));
    throw new Error('ended by SIGINT');
  };

  expect(await demo(machine)).toBe(false);

  expectNothingLeft(machine);
});

test('what a killed demonstration has left is removed before the next one begins', async () => {
  const machine = new FakeMachine();
  machine.namespaces.add(DEMO_NAMES.router).add('praas-demo-web').add('qrouter-of-others');
  mkdirSync(join(directory, 'state'), { recursive: true });
  writeFileSync(join(directory, 'peers'), '');

  expect(await demo(machine)).toBe(true);

  expect([...machine.namespaces]).toEqual(['qrouter-of-others']);
  expect(existsSync(directory)).toBe(false);
});

test('praas uses only the demonstration while it runs', () => {
  const env = demoEnvironment({ PATH: '/bin', PRAAS_ROUTER: 'edge', PRAAS_BACKEND: 'iptables' }, '/run/d', 'nftables');

  expect(env).toEqual({
    PATH: '/bin',
    PRAAS_CONFIG: '/run/d/praas.conf',
    PRAAS_STATE_DIR: '/run/d/state',
    PRAAS_LOG_DIR: '/run/d/log',
    PRAAS_SOCKET_PATH: '/run/d/praas.sock',
    PRAAS_BACKEND: 'nftables',
  });
});

test('only the tools of the chosen backend are asked for', () => {
  expect(demoTools('nftables')).not.toContain('iptables-restore');
  expect(demoTools('iptables')).not.toContain('nft');
});
