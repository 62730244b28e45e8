// praas in front of a person: it asks before it deletes everything, colours what matters, and stops when asked to, but
// never half way through a change.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Mapping } from '../../src/pat/mapping/mapping.ts';
import { printedError } from '../support/error-facts.ts';
import { running, type Shell, testShell, waitUntil, withSlowRestore } from '../support/executable.ts';
import { expectKernelEqualsStore, kernelOf } from '../support/kernel-view.ts';
import { type TestWorld, testWorld } from '../support/world.ts';

let world: TestWorld;
let shell: Shell;

beforeAll(async () => {
  world = await testWorld({ router: 'neutron' });
});
beforeEach(() => {
  shell = testShell();
});
afterEach(async () => {
  await shell.ok('pat', 'delete', '--router', world.router_id, '--all', '--yes');
  shell.remove();
});
afterAll(() => world?.remove());

const create = (...more: string[]): string[] => [
  'pat',
  'create',
  '-r',
  world.router_id,
  '--server-ip',
  '10.20.0.51',
  '-p',
  '80',
  ...more,
];
const list = (): Promise<Mapping[]> => shell.json<Mapping[]>('pat', 'list');

describe('delete --all', () => {
  const all = (): string[] => ['pat', 'delete', '--router', world.router_id, '--all'];
  const question = (): string => `${world.router_id}? [y/N] `;
  beforeEach(async () => {
    await shell.ok(...create());
    await shell.ok(...create());
  });

  test.each([
    ['n\n', 1],
    ['\n', 1],
    ['yes please\n', 1],
    ['\u0004', 1],
    ['\u0003', 130],
  ])('answered with %j changes nothing and exits with %d', async (keys, code) => {
    const [kernel, before] = [await kernelOf(world), await list()];
    const seen = await shell.onTerminal([[question(), keys]], ...all());
    expect(seen).toMatchObject({ code, screen: expect.stringContaining(question()) });
    expect(await list()).toEqual(before);
    expect(await kernelOf(world)).toBe(kernel);
  });

  test.each(['y\n', 'YES\n'])('answered with %j deletes all mappings of that router', async (keys) => {
    const before = await list();
    const { code, screen } = await shell.onTerminal([[question(), keys]], ...all());
    expect(code).toBe(0);
    for (const { id } of before) expect(screen).toContain(`Deleted: ${id}`);
    expect(await list()).toEqual([]);
    await expectKernelEqualsStore(shell, world, 'iptables');
  });

  test('--yes asks nothing', async () => {
    expect(await shell.onTerminal([], ...all(), '--yes')).toMatchObject({
      code: 0,
      screen: expect.not.stringContaining('?'),
    });
    expect(await list()).toEqual([]);
  });

  test('without a terminal it is wrong usage and changes nothing', async () => {
    const before = await list();
    expect(await shell.run(...all())).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('--yes'),
    });
    expect(await list()).toEqual(before);
  });

  test('of a router without mappings asks nothing', async () => {
    await shell.ok(...all(), '--yes');
    const { code, stdout, stderr } = await shell.run(...all());

    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(world.router_id);
  });
});

describe('colours', () => {
  const plain = printedError('MAPPING_NOT_FOUND', { id: 'ffffffff' });
  const red = plain.replace('Error:', '\u001b[31mError:\u001b[39m').replaceAll('\n', '\r\n');

  test('are only on a terminal, and not with NO_COLOR', async () => {
    expect((await shell.onTerminal([], 'pat', 'show', 'ffffffff')).screen).toContain(red);
    const { screen } = await shell.with({ env: { NO_COLOR: '1' } }).onTerminal([], 'pat', 'show', 'ffffffff');
    expect(screen).toBe(plain.replaceAll('\n', '\r\n'));
    expect((await shell.run('pat', 'show', 'ffffffff')).stderr).toBe(plain);
  });

  test('are never in JSON or in a table', async () => {
    await shell.ok(...create());
    for (const words of [
      ['pat', 'list'],
      ['pat', 'list', '--json'],
      ['pat', 'show', 'ffffffff', '--json'],
    ]) {
      expect((await shell.onTerminal([], ...words)).screen).not.toContain('\u001b');
    }
  });
});

describe('Ctrl-C', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)(
    'in the middle of a change (%s): it is finished and said, and the exit code is %d',
    async (signal, code) => {
      const slow = withSlowRestore(shell, 1);
      const { process: child, ended } = slow.start(...create('--json'));
      await slow.begun();
      child.kill(signal);
      const { stdout, stderr, code: found } = await ended;
      expect({ found, stderr }).toEqual({ found: code, stderr: '' });
      expect(await list()).toEqual([JSON.parse(stdout)]);
      expect(await expectKernelEqualsStore(shell, world, 'iptables')).toHaveLength(1);
    },
  );

  test('on the terminal, twice: the programs under way are out of its reach', async () => {
    const words = [...create(), '-f', 'value', '-c', 'Status'];
    const { code, screen } = await withSlowRestore(shell, 1).onTerminal([['begun', '\u0003\u0003']], ...words);
    expect({ code, screen }).toMatchObject({ code: 130, screen: expect.stringContaining('ACTIVE') });
    expect(await expectKernelEqualsStore(shell, world, 'iptables')).toHaveLength(1);
  });

  test('while it waits for another praas: it ends at once, nothing is changed and nothing is left behind', async () => {
    await shell.ok(...create());
    const lock = join(shell.state_dir, 'lock');
    const holder = spawn('flock', [lock, 'cat'], { stdio: ['pipe', 'ignore', 'inherit'] });
    const { process: child, ended } = shell.start(...create());
    await waitUntil(() => isWaitedFor(lock));
    child.kill('SIGINT');
    expect(await ended).toEqual({
      code: 130,
      stdout: '',
      stderr: printedError('INTERRUPTED', { signal_number: 2 }),
    });
    expect(await list()).toHaveLength(1);
    holder.stdin.end();
    await once(holder, 'close');
    await shell.ok(...create());
  });
});

/** Whether some flock waits for the lock: it has the file open as descriptor 3. */
function isWaitedFor(lock: string): boolean {
  return readdirSync('/proc').some((pid) => {
    try {
      return (
        /^flock.--exclusive/.test(readFileSync(`/proc/${pid}/cmdline`, 'latin1')) &&
        readlinkSync(`/proc/${pid}/fd/3`) === lock
      );
    } catch {
      return false;
    }
  });
}

describe('a reader that has enough', () => {
  test.each([[['pat', 'list', '--json']], [['--help']], [['pat', 'create', '--help']]])(
    'praas %j into a closed pipe ends quietly, with 0',
    async (words) => {
      const script = '"$@" | true; echo "${PIPESTATUS[0]}"';
      const { stdout, stderr } = await running(spawn('bash', ['-c', script, 'bash', ...shell.command(...words)])).ended;
      expect({ stdout, stderr }).toEqual({ stdout: '0\n', stderr: '' });
    },
  );

  test('a change is done all the same', async () => {
    const script = '"$@" | true; echo "${PIPESTATUS[0]}"';
    const { stdout } = await running(spawn('bash', ['-c', script, 'bash', ...shell.command(...create())])).ended;
    expect(stdout).toBe('0\n');
    expect(await list()).toHaveLength(1);
  });

  test('output that cannot be written is an error, and the exit code is 1', async () => {
    const script = '"$@" > /dev/full';
    const { code, stderr } = await running(spawn('bash', ['-c', script, 'bash', ...shell.command('pat', 'list')]))
      .ended;
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'Error: cannot write the output: no space left on device\n',
    });
  });
});
