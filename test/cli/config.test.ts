// praas.conf and the environment, as praas itself takes them: every mistake names file, line, key, what was found and what
// is allowed.
import { writeFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { KEY_NAMES } from '../../src/system/config/keys.ts';
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

  test('the environment goes before the file, and says so', async () => {
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
    expect(text.trimEnd().split('\n')).toEqual(KEY_NAMES);
  });
});

describe('a mistake stops every command before it does anything', () => {
  const NEXT = '  Correct the file, then look at `praas config show`.\n';
  const mistakes: readonly (readonly [string, string, string])[] = [
    [
      'an unknown key',
      'router_port_rnage = 4000:4100',
      `found the unknown key router_port_rnage (did you mean router_port_range?); allowed: ${KEY_NAMES.join(', ')}\n${NEXT}`,
    ],
    [
      'a bad value',
      'backend = pf',
      'backend is pf; allowed: iptables or nftables\n  Correct it, then look at `praas config show`.\n',
    ],
    [
      'a range the wrong way round',
      'router_port_range = 4100:4000',
      'router_port_range is 4100:4000; allowed: first:last such as 4000:4100, both from 1 to 65535, the first not above ' +
        'the last\n  Correct it, then look at `praas config show`.\n',
    ],
    [
      'a line that is neither',
      'backend',
      `found backend; allowed: [praas], key = value, or a comment that begins with # or ;\n${NEXT}`,
    ],
    ['another section', '[proxy]', `found the section [proxy]; allowed: the section [praas]\n${NEXT}`],
  ];

  test.each(mistakes)('%s', async (_, line, text) => {
    shell = testShell({ settings: ['# a comment', line] });
    const where = `${shell.configPath}:3`;
    const create = ['pat', 'create', '-r', 'edge', '--server-ip', '10.20.0.51', '-p', '22'];
    for (const words of [['config', 'show'], ['pat', 'list'], create]) {
      expect(await shell.run(...words)).toEqual({ code: 1, stdout: '', stderr: `Error: ${where}: ${text}` });
    }
    expect(contentOf(shell.state_dir)).toBe('none');
  });

  test('in the environment', async () => {
    shell = testShell({ env: { PRAAS_LOCK_TIMEOUT: 'long' } });
    expect(await shell.run('pat', 'list')).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'Error: environment PRAAS_LOCK_TIMEOUT: lock_timeout is long; allowed: a whole number of seconds from 1 to 3600\n' +
        '  Correct it, then look at `praas config show`.\n',
    });
  });

  test('a file that is named and not there', async () => {
    shell = testShell();
    expect(await shell.run('pat', 'list', '--config', '/nowhere/praas.conf')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        'the configuration /nowhere/praas.conf cannot be read: no such file or directory',
      ),
    });
  });
});
