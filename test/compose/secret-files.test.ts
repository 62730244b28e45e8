import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadConfig } from '../../src/compose/config.ts';
import { withExposedLogged } from '../../src/compose/secret-files.ts';
import { ListLog } from '../support/fake-node.ts';

let directory: string;
beforeEach(() => {
  notifications = '';
  directory = mkdtempSync(join(tmpdir(), 'praas-secrets-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

let notifications = '';

/** The paths that are logged when each of these files has this mode. */
async function logged(mode: number, ...names: readonly string[]): Promise<readonly unknown[]> {
  const paths = Object.fromEntries(['tokens', 'clouds', 'key'].map((name) => [name, join(directory, name)]));
  for (const name of names) {
    writeFileSync(join(directory, name), 'secret');
    chmodSync(join(directory, name), mode);
  }
  const { tokens: PRAAS_TOKENS_PATH, clouds: PRAAS_CLOUDS_PATH, key: PRAAS_TLS_KEY } = paths;
  const { config } = await loadConfig({
    path: '/dev/null',
    env: { PRAAS_TOKENS_PATH, PRAAS_CLOUDS_PATH, PRAAS_TLS_KEY, PRAAS_NOTIFICATIONS: notifications },
  });
  const log = new ListLog();
  expect(await withExposedLogged(log, join(directory, 'praas.conf'), async () => 'read')(config)).toBe('read');
  return log.lines.map(({ message, details }) => [message, details?.['path'], details?.['mode']]);
}

test.each([0o666, 0o604, 0o640])('a file with secrets that others may open is logged: mode %i', async (mode) => {
  const octal = mode.toString(8).padStart(4, '0');

  expect(await logged(mode, 'tokens', 'clouds', 'key')).toEqual(
    ['clouds', 'tokens', 'key'].map((name) => ['secret exposed', join(directory, name), octal]),
  );
});

test.each([0o600, 0o400])('one that only its owner may open is not: mode %i', async (mode) => {
  expect(await logged(mode, 'tokens', 'clouds', 'key')).toEqual([]);
});

test('one that is not there is not', async () => {
  expect(await logged(0o666)).toEqual([]);
});

test('praas.conf is one where it has the password of a message broker', async () => {
  expect(await logged(0o644, 'praas.conf')).toEqual([]);

  notifications = 'rabbit://openstack:secret@mq1:5672/';
  expect(await logged(0o644, 'praas.conf')).toEqual([['secret exposed', join(directory, 'praas.conf'), '0644']]);
  expect(await logged(0o600, 'praas.conf')).toEqual([]);
});
