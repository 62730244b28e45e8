/** The lock file of Neutron is in a directory of another user, and root opens it. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { EXIT_BUSY, underLock } from '../../../src/netfilter/iptables/neutron-lock.ts';
import { createExec, type ExecResult } from '../../../src/system/exec.ts';

const exec = createExec(20_000, process.env);

let directory: string;
let lock: string;
let done: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'praas-lock-'));
  lock = join(directory, 'neutron-iptables-edge');
  done = join(directory, 'done');
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Touches a file under the lock. */
const run = (seconds = 0): Promise<ExecResult> => exec(underLock(lock, seconds, { file: 'touch', args: [done] }));

test('a command runs under the lock, and its content stays', async () => {
  writeFileSync(lock, 'of the agent');

  expect((await run()).exitCode).toBe(0);
  expect(existsSync(done)).toBe(true);
  expect(readFileSync(lock, 'utf8')).toBe('of the agent');
});

test('a lock that another program holds is waited for, and then the command does not run', async () => {
  writeFileSync(lock, '');
  const touch = { file: 'touch', args: [done] };
  const nested = underLock(lock, 0, touch);
  const inside = underLock(lock, 0, { file: nested.file, args: [...(nested.args ?? [])] });
  // The process keeps the lock when it becomes the command; a child of it does not have it.
  const held = { file: 'sh', args: ['-c', '"$@"; exit $?', 'sh', nested.file, ...(nested.args ?? [])] };

  expect((await exec(inside)).exitCode).toBe(0);
  rmSync(done);
  expect((await exec(underLock(lock, 0, held))).exitCode).toBe(EXIT_BUSY);
  expect(existsSync(done)).toBe(false);
});

test('a lock file that was removed meanwhile is not created', async () => {
  expect((await run()).exitCode).toBe(0);

  expect(existsSync(done)).toBe(true);
  expect(existsSync(lock)).toBe(false);
});

test.each([
  ['a link', () => symlinkSync(join(directory, 'target'), lock)],
  [
    'a link to a file',
    () => {
      writeFileSync(join(directory, 'target'), 'precious');
      symlinkSync(join(directory, 'target'), lock);
    },
  ],
  ['a FIFO', () => execFileSync('mkfifo', [lock])],
  ['a directory', () => mkdirSync(lock)],
])('%s in its place is refused at once, and nothing runs', async (_, place) => {
  place();

  expect(await run()).toMatchObject({ exitCode: 1, stderr: `praas: ${lock} is not a file\n` });
  expect(existsSync(done)).toBe(false);
  const target = join(directory, 'target');
  expect(existsSync(target) ? readFileSync(target, 'utf8') : 'precious').toBe('precious');
});
