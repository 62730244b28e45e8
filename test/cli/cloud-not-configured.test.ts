/** Commands that need OpenStack, on a node without it: the error names the file in which the cloud would be. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Shell, testShell } from '../support/executable.ts';

let shell: Shell;
let path: string;
beforeEach(() => {
  shell = testShell();
  path = join(shell.directory, 'clouds.yaml');
});
afterEach(() => shell.remove());

const SERVER_BY_NAME = ['pat', 'create', '--router', 'edge', '--server', 'web', '--port', '22'];

test.each([[['monitor', '--once']], [['monitor', '--once', '--dry-run']], [['server', 'list']], [SERVER_BY_NAME]])(
  '%j',
  async (words) => {
    const { code, stdout } = await shell.run(...words, '--json');

    expect(code).toBe(1);
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'CLOUD_NOT_CONFIGURED',
      facts: { path, exists: false },
      next_steps: [expect.stringContaining('clouds_path')],
    });
  },
);

test('a clouds.yaml of comments alone', async () => {
  writeFileSync(path, '# clouds:\n');
  const { stdout } = await shell.run('monitor', '--once', '--json');

  expect(JSON.parse(stdout).error).toMatchObject({ code: 'CLOUD_NOT_CONFIGURED', facts: { path, exists: true } });
});

test('monitor --check, by which systemd skips the service', async () => {
  expect(await shell.run('monitor', '--check')).toMatchObject({ code: 1, stdout: expect.stringContaining(path) });
});
