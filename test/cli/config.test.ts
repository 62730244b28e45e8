// praas.conf and the environment, as praas itself takes them: every mistake names file, line, key, what was found and what
// is allowed.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Setting } from '../../src/compose/config.ts';
import { KEYS } from '../support/config.ts';
import { contentOf, type Shell, testShell } from '../support/executable.ts';

let shell: Shell;
afterEach(() => shell?.remove());

const source = async (key: string): Promise<string[]> => {
  const text = await shell.ok('config', 'show', '-f', 'value', '-c', 'Key', '-c', 'Value', '-c', 'Source');
  const line = text.split('\n').find((each) => each.startsWith(`${key} `));
  return line?.split(' ') ?? [];
};

describe('config show', () => {
  test('a file as users of the Python version have it, comments after values included', async () => {
    shell = testShell({
      settings: ['port_app = 3001 # the API', 'router_port_range = 4500:4600 ; ports', 'second_monitoring = 10'],
    });
    const path = shell.configPath;
    expect(await source('port_app')).toEqual(['port_app', '3001', `${path}:2`]);
    expect(await source('router_port_range')).toEqual(['router_port_range', '4500:4600', `${path}:3`]);
    expect(await source('second_monitoring')).toEqual(['second_monitoring', '10', `${path}:4`]);
    expect(await source('backend')).toEqual(['backend', 'iptables', 'default']);
  });

  test('the environment precedes the file, and is named as the source', async () => {
    shell = testShell({ settings: ['backend = iptables'], env: { PRAAS_BACKEND: 'nftables', PRAAS_PORT_APP: '3999' } });
    expect(await source('backend')).toEqual(['backend', 'nftables', 'environment', 'PRAAS_BACKEND']);
    expect(await source('port_app')).toEqual(['port_app', '3999', 'environment', 'PRAAS_PORT_APP']);
  });

  test('--config goes before PRAAS_CONFIG', async () => {
    shell = testShell({ settings: ['port_app = 3001'] });
    const other = `${shell.directory}/other.conf`;
    writeFileSync(other, '[praas]\nport_app = 3002\n');
    expect(await shell.ok('config', 'show', '--config', other, '-f', 'value')).toContain(`port_app 3002 ${other}:2\n`);
    expect(await shell.ok('config', 'show', '-f', 'value')).toContain(`port_app 3001 ${shell.configPath}:2\n`);
  });

  test('every key is shown', async () => {
    shell = testShell();
    const text = await shell.ok('config', 'show', '-f', 'value', '-c', 'Key');
    expect(text.trimEnd().split('\n')).toEqual(KEYS.map(({ fullName }) => fullName));
  });
});

describe('old names', () => {
  const settings = ['retain = 5', 'lock_timeout = 7', 'port_app = 3001'];
  const env = { PRAAS_LOCK_TIMEOUT_SECONDS: '9', PRAAS_XTABLES_WAIT: '11' };
  const settingOf = async (key: string): Promise<Setting | undefined> =>
    (await shell.json<Setting[]>('config', 'show')).find((setting) => setting.key === key);

  test('go on working, and are told apart from present ones', async () => {
    shell = testShell({ settings, env });
    const path = shell.configPath;
    expect(await settingOf('retain_days')).toMatchObject({ value: '5', source: `${path}:2`, old_name: 'retain' });
    expect(await settingOf('port_app')).toMatchObject({ value: '3001', source: `${path}:4`, old_name: null });
    const overridden = { value: '9', source: 'environment PRAAS_LOCK_TIMEOUT_SECONDS', old_name: null };
    expect(await settingOf('lock_timeout_seconds')).toMatchObject(overridden);
    const inForce = { value: '11', source: 'environment PRAAS_XTABLES_WAIT', old_name: 'xtables_wait' };
    expect(await settingOf('xtables_wait_seconds')).toMatchObject(inForce);
  });

  test.each(['table', 'json', 'yaml', 'csv', 'value'])('are reported with -f %s', async (format) => {
    shell = testShell({ settings, env });
    const { code, stdout, stderr } = await shell.run('config', 'show', '-f', format);
    expect(code).toBe(0);
    // In every format the fields of a record follow one another: key, value, source, old name.
    const inOrder = (...parts: readonly string[]): RegExp => new RegExp(parts.join('[^\\w/]+'));
    expect(stdout.replaceAll(/"?(?:Key|Value|Source|Old Name)"?:/g, '')).toMatch(
      inOrder('retain_days', '5', `${shell.configPath}:2`, 'retain\\b'),
    );
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringMatching(new RegExp(`^Warning: ${shell.configPath}:2: retain .* retain_days\\b`)),
      expect.stringMatching(new RegExp(`^Warning: ${shell.configPath}:3: lock_timeout .* lock_timeout_seconds\\b`)),
      expect.stringMatching(/^Warning: environment: PRAAS_XTABLES_WAIT .* PRAAS_XTABLES_WAIT_SECONDS\b/),
    ]);
  });

  test('are a column that can be asked for, and that is there where one is used', async () => {
    shell = testShell({ settings });
    expect(await shell.ok('config', 'show', '-f', 'value', '-c', 'old_name', '-c', 'key')).toContain(
      'retain retain_days',
    );
    shell = shell.with({ settings: ['retain_days = 5'] });
    expect(await shell.ok('config', 'show')).not.toContain('Old Name');
    expect(await shell.run('config', 'show')).toMatchObject({ stderr: '' });
  });

  test('both in one file are a key set twice', async () => {
    shell = testShell({ settings: ['retain = 5', 'retain_days = 5'] });
    const { code, stdout } = await shell.run('config', 'show', '--json');
    expect(code).toBe(1);
    const facts = { where: `${shell.configPath}:3`, allowed: 'each key once' };
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'CONFIG_SYNTAX', facts } });
  });

  test('install goes by what they set, and keeps the file that has them', async () => {
    shell = testShell();
    const root = `${shell.directory}/root`;
    const path = `${root}/usr/local/etc/praas/praas.conf`;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '[praas]\nretain = 5\nlock_timeout = 7\nneutron_lock_path = /srv/neutron\n');
    const words = ['install', '--root', root, '--config', path, '--json'];
    const { code, stdout, stderr } = await shell.run(...words);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`${path.slice(root.length)}.new`);
    expect(readFileSync(path, 'utf8')).toMatch(/^retain = 5$/m);
    expect(readFileSync(`${root}/etc/systemd/system/praas-pat-agent.service`, 'utf8')).toContain('/srv/neutron');
    expect(await shell.json('install', ...words.slice(1, -1))).toEqual({ steps: [] });
  });

  test('no command but config show speaks of them', async () => {
    shell = testShell({ settings, env });
    expect(await shell.run('pat', 'list', '-f', 'value')).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

describe('a mistake stops every command before it does anything', () => {
  const mistakes: readonly (readonly [string, string, string, object])[] = [
    [
      'an unknown key',
      'router_port_rnage = 4000:4100',
      'CONFIG_SYNTAX',
      { found: expect.stringContaining('router_port_rnage'), nearest: 'router_port_range' },
    ],
    [
      'a bad value',
      'backend = pf',
      'CONFIG_INVALID',
      { key: 'backend', found: 'pf', allowed: expect.stringContaining('iptables') },
    ],
    [
      'a range the wrong way round',
      'router_port_range = 4100:4000',
      'CONFIG_INVALID',
      { key: 'router_port_range', found: '4100:4000', allowed: expect.stringContaining('first:last') },
    ],
    // It is not quoted: it may be a part of a secret.
    [
      'a line that is neither',
      'backend',
      'CONFIG_SYNTAX',
      { found: 'unreadable line', allowed: expect.stringContaining('key = value') },
    ],
    ['another section', '[proxy]', 'CONFIG_SYNTAX', { found: expect.stringContaining('[proxy]'), allowed: '[praas]' }],
  ];

  test.each(mistakes)('%s', async (_, line, code, facts) => {
    shell = testShell({ settings: ['# a comment', line] });
    const where = `${shell.configPath}:3`;
    const create = ['pat', 'create', '-r', 'edge', '--server-ip', '10.20.0.51', '-p', '22'];
    for (const words of [['config', 'show'], ['pat', 'list'], create]) {
      const plain = await shell.run(...words);
      expect(plain).toMatchObject({ code: 1, stdout: '' });
      // One line that says where and what, one that says what to do.
      expect(plain.stderr).toMatch(new RegExp(`^Error: ${where}: [^\\n]+\\n  [A-Z][^\\n]+\\.\\n$`));
    }
    const { stdout } = await shell.run('pat', 'list', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ error: { code, facts: { where, ...facts } } });
    expect(contentOf(shell.state_dir)).toBe('none');
  });

  test('in the environment', async () => {
    shell = testShell({ env: { PRAAS_LOCK_TIMEOUT_SECONDS: 'long' } });
    const { code, stdout } = await shell.run('pat', 'list', '--json');
    expect(code).toBe(1);
    const facts = { where: 'environment PRAAS_LOCK_TIMEOUT_SECONDS', key: 'lock_timeout_seconds', found: 'long' };
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'CONFIG_INVALID', facts } });
  });

  test('a file that is named and not there', async () => {
    shell = testShell();
    const { code, stdout } = await shell.run('pat', 'list', '--config', '/nowhere/praas.conf', '--json');
    expect(code).toBe(1);
    const facts = { path: '/nowhere/praas.conf', reason: 'no such file or directory' };
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'CONFIG_UNREADABLE', facts } });
  });
});
