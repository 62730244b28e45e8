/** The policy file of a daemon: read at the start and with SIGHUP, and a wrong one never counts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { TestDaemon } from '../support/daemon.ts';

let directory: string;
let path: string;
let daemon: TestDaemon | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'praas-policy-'));
  path = join(directory, 'policy.yaml');
});
afterEach(async () => {
  await daemon?.remove();
  daemon = undefined;
  rmSync(directory, { recursive: true });
});

const start = (): Promise<TestDaemon> => TestDaemon.start({ env: { PRAAS_POLICY_PATH: path } });
const readers = async (running: TestDaemon): Promise<() => Promise<number>> => {
  const words = ['--name', 'watch', '--role', 'reader', '-f', 'value', '-c', 'Token'];
  const token = (await running.shell.ok('token', 'create', ...words)).trim();
  return async () => (await running.ask('GET', '/v1/mappings', { token })).status;
};

test('a file that comes, is wrong and goes while the daemon runs', async () => {
  daemon = await start();
  const list = await readers(daemon);
  expect(await list()).toBe(200);

  writeFileSync(path, 'actions:\n  mapping:list: member\n');
  daemon.signal('SIGHUP');
  await daemon.says('configuration reloaded');
  expect(await list()).toBe(403);

  writeFileSync(path, 'actions:\n  mapping:lst: reader\n');
  daemon.signal('SIGHUP');
  await daemon.says('configuration reload failed');
  expect(daemon.said).toContain('mapping:lst');
  expect(await list()).toBe(403);
});

test('a daemon does not start with an invalid one, and reports why', async () => {
  writeFileSync(path, 'actions:\n  mapping:list: everybody\n');

  await expect(start()).rejects.toThrow(/POLICY_INVALID|actions\.mapping:list must be one of/);
});
