/** Quotas as operators see and set them, on a node without a daemon and by a daemon. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { QuotaView } from '../../src/pat/services/api.ts';
import { TestDaemon } from '../support/daemon.ts';
import { type Shell, testShell } from '../support/executable.ts';

const TITLES = ['Project ID', 'Mappings', 'Mappings In Use', 'Ports Per Router', 'Ports In Use', 'Is Default'];

describe('without a daemon', () => {
  let shell: Shell;
  beforeEach(() => {
    shell = testShell({ settings: ['quota_mappings = 20', 'quota_ports = -1'] });
  });
  afterEach(() => shell.remove());

  test('a project has the default of praas.conf, which is nowhere written', async () => {
    expect(await shell.json<QuotaView>('quota', 'show', 'blue')).toEqual({
      project_id: 'blue',
      is_default: true,
      mappings: { limit: 20, in_use: 0 },
      ports_per_router: { limit: -1, in_use: 0 },
    });
    expect(existsSync(join(shell.state_dir, 'quotas.json'))).toBe(false);
  });

  test('a quota that is set is there until it is reset', async () => {
    const set = await shell.json<QuotaView>('quota', 'set', 'blue', '--mappings', '7');
    expect(set).toMatchObject({ is_default: false, mappings: { limit: 7 }, ports_per_router: { limit: -1 } });
    await shell.ok('quota', 'set', 'blue', '--mappings=-1', '--ports-per-router', '3');
    expect(await shell.json('quota', 'show', 'blue')).toMatchObject({
      mappings: { limit: -1 },
      ports_per_router: { limit: 3 },
    });
    expect(await shell.json<readonly QuotaView[]>('quota', 'show')).toMatchObject([{ project_id: 'blue' }]);

    expect(await shell.json('quota', 'set', 'blue', '--default')).toMatchObject({ is_default: true });
    expect(await shell.json('quota', 'show')).toEqual([]);
  });

  test('-1 is a number, also behind a blank', async () => {
    expect(await shell.ok('quota', 'set', 'blue', '--mappings', '-1', '-f', 'value', '-c', 'Mappings')).toBe('-1\n');
  });

  test('one is a record, several are a list, with the columns that were asked for', async () => {
    const record = await shell.ok('quota', 'set', 'blue', '--mappings', '7');
    const shown = record.split('\n').flatMap((line) => /^\| (\w.*?) +\|/.exec(line)?.[1] ?? []);
    expect(shown).toEqual(['Field', ...TITLES]);
    await shell.ok('quota', 'set', 'red', '--mappings', '8');
    expect(await shell.ok('quota', 'show', '-f', 'csv', '-c', 'Project ID', '-c', 'Mappings')).toBe(
      '"Project ID","Mappings"\n"blue","7"\n"red","8"\n',
    );
  });

  test.each([
    [['quota', 'set', 'blue'], '--default'],
    [['quota', 'set', '--default'], 'PROJECT'],
    [['quota', 'set', 'blue', '--default', '--mappings', '7'], '--mappings'],
    [['quota', 'set', 'blue', '--mappings', 'many'], '"many" is not a whole number'],
    [['quota', 'set', 'blue', '--mappings=-2'], '"-2" is not a whole number'],
    [['quota', 'set', 'blue', '--mappings', '2000000'], 'from 0 to 1000000'],
    [['quota', 'show', 'blue', '-c', 'Nothing'], 'Nothing'],
  ])('%j is wrong usage, and changes nothing', async (words, sentence) => {
    const { code, stderr, stdout } = await shell.run(...words);

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(sentence);
    expect(await shell.json('quota', 'show')).toEqual([]);
  });
});

describe('by a daemon', () => {
  let daemon: TestDaemon;
  afterEach(() => daemon.remove());

  test('root sets over the socket, a tenant sees its own by its token and nothing else', async () => {
    daemon = await TestDaemon.start();
    const { shell } = daemon;
    await shell.ok('quota', 'set', 'blue', '--mappings', '7');
    await shell.ok('quota', 'set', 'red', '--mappings', '8');
    const options = ['--name', 'shop', '--role', 'member', '--project', 'blue', '-f', 'value', '-c', 'Token'];
    const token = (await shell.ok('token', 'create', ...options)).trim();
    const tenant = shell.with({ env: { PRAAS_URL: daemon.url, PRAAS_TOKEN: token } });

    expect(await tenant.json('quota', 'show')).toMatchObject([{ project_id: 'blue', mappings: { limit: 7 } }]);
    const refusal = async (...words: string[]): Promise<unknown> => {
      const { code, stdout } = await tenant.run('quota', ...words, '--json');
      return { code, ...JSON.parse(stdout) };
    };
    expect(await refusal('show', 'red')).toMatchObject({
      code: 1,
      error: { code: 'PROJECT_NOT_FOUND', facts: { project: 'red' } },
    });
    expect(await refusal('set', 'blue', '--mappings', '100')).toMatchObject({ code: 1, error: { code: 'FORBIDDEN' } });
    expect(await shell.json('quota', 'show', 'blue')).toMatchObject({ mappings: { limit: 7 } });
  });
});
