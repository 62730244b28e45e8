import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { lockDemo } from '../../../src/admin/demo/lock.ts';
import { createExec, type Exec } from '../../../src/system/exec.ts';

const exec = createExec(10_000, process.env);
const failing: Exec = async () => ({ exitCode: 65, stdout: '', stderr: 'flock: 3: Bad file descriptor\n' });
let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'praas-lock-'));
  path = join(directory, 'demo.lock');
});

afterEach(() => rmSync(directory, { recursive: true }));

test('only one at a time gets the lock, and the next one after it was released', async () => {
  const release = await lockDemo(exec, path);
  await expect(lockDemo(exec, path)).rejects.toMatchObject({
    code: 'DEMO_RUNNING',
    facts: { path },
  });

  release();

  (await lockDemo(exec, path))();
});

test('a released lock leaves no file', async () => {
  (await lockDemo(exec, path))();

  expect(existsSync(path)).toBe(false);
});

test('a file that a killed demonstration left does not block', async () => {
  const release = await lockDemo(exec, path);
  // The kernel drops the lock of a dead process; the file stays.
  const copy = `${path}.left`;
  await exec({ file: 'cp', args: [path, copy] });
  release();

  (await lockDemo(exec, copy))();
});

test('a file that was removed before it was locked is opened again', async () => {
  let release = await lockDemo(exec, path);
  let opened = 0;
  const racing: Exec = async (command) => {
    // The holder ends exactly between the opening of its file by the next one and the locking.
    if (++opened === 1) release();
    return exec(command);
  };

  release = await lockDemo(racing, path);

  expect(opened).toBe(2);
  expect(existsSync(path)).toBe(true);
  await expect(lockDemo(exec, path)).rejects.toMatchObject({ code: 'DEMO_RUNNING' });
  release();
});

test('a flock that fails otherwise is not taken for a running demonstration', async () => {
  await expect(lockDemo(failing, path)).rejects.toMatchObject({ code: 'STORE_FAILED' });
});
