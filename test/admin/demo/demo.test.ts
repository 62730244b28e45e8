import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DEMO_NAMES, demoEnvironment, demoTools, runDemo } from '../../../src/admin/demo/demo.ts';
import { Screen } from '../../../src/admin/demo/screen.ts';
import type { StoryBackend } from '../../../src/admin/demo/story.ts';
import { type Broken, FakeMachine } from '../../support/fake-machine.ts';

let parent: string;
let directory: string;
let screen: string;
let ending: AbortController;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'praas-demo-test-'));
  directory = join(parent, 'demo');
  screen = '';
  ending = new AbortController();
});

afterEach(() => rmSync(parent, { recursive: true }));

async function demo(machine: FakeMachine, backend: StoryBackend = 'iptables'): Promise<boolean> {
  return runDemo({
    exec: machine.exec,
    screen: new Screen(
      (text) => {
        screen += text;
      },
      (_, text) => text,
    ),
    clock: { now: () => new Date('2026-01-01T00:00:00Z') },
    signal: ending.signal,
    self: ['praas'],
    directory,
    backend,
  });
}

function expectNothingLeft(machine: FakeMachine): void {
  expect([...machine.namespaces]).toEqual([]);
  expect(readdirSync(parent)).toEqual([]);
}

for (const backend of ['iptables', 'nftables'] as const) {
  test(`the whole story is told with ${backend}, and nothing is left`, async () => {
    const machine = new FakeMachine();

    expect(await demo(machine, backend)).toBe(true);

    expect(screen).toContain('✓ the ssh session that was open all the time ended with its mapping');
    expect(screen).toMatch(/Done after 0\.0 seconds\. Nothing is left/);
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

const LIES: readonly [Broken, string][] = [
  ['create', 'no mapping web'],
  ['update', 'expected no connection'],
  ['delete', 'it went on after its mapping was deleted'],
  ['end sessions', 'it went on after its mapping was deleted'],
  ['rules', 'no rule carries the id of web'],
];
for (const [broken, words] of LIES) {
  test(`a praas that only pretends to ${broken} fails the demonstration, and nothing is left`, async () => {
    const machine = new FakeMachine(broken);

    const error = { code: 'DEMO_FAILED', message: expect.stringContaining(words) };
    await expect(demo(machine)).rejects.toMatchObject(error);

    expect(screen).not.toContain('Done after');
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
      if (ending.signal.aborted) after = [...after, line];
      if (line.includes(moment)) ending.abort('SIGINT');
    };

    expect(await demo(machine)).toBe(false);

    expect(after.filter((line) => !/^ip (netns list|-force -batch -)$/.test(line))).toEqual([]);
    expect(screen).toContain('Interrupted after');
    expectNothingLeft(machine);
  });
}

test('a program that died of the same ^C is not taken for a failed step', async () => {
  const machine = new FakeMachine();
  machine.before = (line) => {
    if (!line.includes('pat create')) return;
    // The signal is handled only after the death of the program is known.
    setImmediate(() => ending.abort('SIGINT'));
    throw new Error('ended by SIGINT');
  };

  expect(await demo(machine)).toBe(false);

  expectNothingLeft(machine);
});

test('what a killed demonstration left is taken away before the next one begins', async () => {
  const machine = new FakeMachine();
  machine.namespaces.add(DEMO_NAMES.router).add('praas-demo-web').add('qrouter-of-somebody-else');
  mkdirSync(join(directory, 'state'), { recursive: true });
  writeFileSync(join(directory, 'peers'), '');

  expect(await demo(machine)).toBe(true);

  expect([...machine.namespaces]).toEqual(['qrouter-of-somebody-else']);
  expect(existsSync(directory)).toBe(false);
});

test('praas knows nothing but the demonstration while it runs', () => {
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
