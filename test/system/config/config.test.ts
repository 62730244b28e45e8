/** Which file is read, what goes before what, and what cannot be read. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DEFAULT_PATH, loadConfig } from '../../../src/system/config/config.ts';
import { KEY_NAMES } from '../../../src/system/config/keys.ts';
import { errorOf, FILE, load } from './support.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'praas-config-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function file(name: string, port: number): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, `[praas]\nport_app = ${port}\n`);
  return path;
}

/** Reads nothing and rejects as node does. */
const rejecting = (code: string, errno: number) => (): Promise<string> =>
  Promise.reject(Object.assign(new Error(code), { code, errno }));
const absent = rejecting('ENOENT', -2);

test('--config goes before PRAAS_CONFIG', async () => {
  const [first, second] = [await file('first.conf', 1), await file('second.conf', 2)];

  const { config, path } = await loadConfig({ path: first, env: { PRAAS_CONFIG: second } });

  expect(config.port_app).toBe(1);
  expect(path).toBe(first);
});

test('PRAAS_CONFIG goes before the default path', async () => {
  const path = await file('other.conf', 2);

  const loaded = await loadConfig({ env: { PRAAS_CONFIG: path } });

  expect(loaded.config.port_app).toBe(2);
  expect(loaded.path).toBe(path);
});

test.each([{}, { PRAAS_CONFIG: '' }])('the default path is read with %j', async (env) => {
  const read: string[] = [];
  const readFile = async (path: string): Promise<string> => {
    read.push(path);
    return '[praas]\nport_app = 5\n';
  };

  const { config, path, settings } = await loadConfig({ env, readFile });

  expect(read).toEqual(['/usr/local/etc/praas/praas.conf']);
  expect(path).toBe(DEFAULT_PATH);
  expect(config.port_app).toBe(5);
  expect(settings[0]?.source).toBe('/usr/local/etc/praas/praas.conf:2');
});

test('without the default file the defaults and the environment hold', async () => {
  const { config, path } = await loadConfig({ env: { PRAAS_BACKEND: 'nftables' }, readFile: absent });

  expect(path).toBeUndefined();
  expect(config).toMatchObject({ port_app: 3000, backend: 'nftables' });
});

test.each(['--config', 'PRAAS_CONFIG'])('a file named with %s must be there', async (by) => {
  const path = join(directory, 'nowhere.conf');

  const error = await errorOf(loadConfig(by === '--config' ? { path, env: {} } : { env: { PRAAS_CONFIG: path } }));

  const facts = { path, reason: 'no such file or directory' };
  expect(error).toMatchObject({ code: 'CONFIG_UNREADABLE', kind: 'Unavailable', facts });
});

test('the default path must be there when it is named', async () => {
  const error = await errorOf(loadConfig({ path: DEFAULT_PATH, env: {}, readFile: absent }));

  expect(error.code).toBe('CONFIG_UNREADABLE');
});

test('a directory is no configuration', async () => {
  const error = await errorOf(loadConfig({ path: directory, env: {} }));

  const facts = { path: directory, reason: 'illegal operation on a directory' };
  expect(error).toMatchObject({ code: 'CONFIG_UNREADABLE', facts });
});

test('a default file that is there but cannot be read is an error, not the defaults', async () => {
  const error = await errorOf(loadConfig({ env: {}, readFile: rejecting('EACCES', -13) }));

  const facts = { path: DEFAULT_PATH, reason: 'permission denied' };
  expect(error).toMatchObject({ code: 'CONFIG_UNREADABLE', facts });
});

test('bytes that are not UTF-8 are refused with their line', async () => {
  const path = join(directory, 'latin1.conf');
  await writeFile(path, Buffer.from('[praas]\n# caf\xe9\nstate_dir = /srv/caf\xe9\n', 'latin1'));

  const error = await errorOf(loadConfig({ path, env: {} }));

  expect(error.message).toBe(`${path}:3: found bytes that are not UTF-8; allowed: UTF-8`);
});

test('a bad value in the file is an error also where the environment overrides it', async () => {
  const error = await errorOf(load(['[praas]', 'port_app = 0'], { PRAAS_PORT_APP: '8080' }));

  const facts = { where: `${FILE}:2`, key: 'port_app', found: '0', allowed: 'a whole number from 1 to 65535' };
  expect(error).toMatchObject({ code: 'CONFIG_INVALID', facts });
});

test('an error of the environment names the variable', async () => {
  const error = await errorOf(load([], { PRAAS_BACKEND: 'ipchains' }));

  expect(error.message).toBe('environment PRAAS_BACKEND: backend is ipchains; allowed: iptables or nftables');
});

const UNKNOWN = [
  ['port_ap', ' (did you mean port_app?)'],
  ['Port_App', ' (did you mean port_app?)'],
  ['state-dir', ' (did you mean state_dir?)'],
  ['router_prot_rnage', ' (did you mean router_port_range?)'],
  ['lock_timeouts', ' (did you mean lock_timeout?)'],
  ['colour', ''],
  ['port', ''],
  ['__proto__', ''],
  ['constructor', ''],
] as const;

test.each(UNKNOWN)('the unknown key %s is refused with the allowed ones', async (key, guess) => {
  const error = await errorOf(load(['[praas]', 'port_app = 1', `${key} = 1`]));

  expect(error).toMatchObject({ code: 'CONFIG_SYNTAX', kind: 'Invalid' });
  expect(error.message).toBe(`${FILE}:3: found the unknown key ${key}${guess}; allowed: ${KEY_NAMES.join(', ')}`);
});

test('other PRAAS_ variables are left alone', async () => {
  const { settings } = await load([], { PRAAS_ROUTER: 'edge', PRAAS_PORT_AP: '1', port_app: '1' });

  expect(settings.every(({ source }) => source === 'default')).toBe(true);
});

test('nothing of what is loaded can be changed', async () => {
  const { config, settings } = await load([]);

  const parts = [config, settings, ...settings, ...Object.values(config)];
  expect(parts.filter((part) => !Object.isFrozen(part))).toEqual([]);
  expect(parts.filter((part) => typeof part === 'object').length).toBeGreaterThan(KEY_NAMES.length);
});

test('the configuration has each key once and nothing else', async () => {
  const { config, settings } = await load([]);

  expect(Object.keys(config)).toEqual(KEY_NAMES);
  expect(settings.map(({ key }) => key)).toEqual(KEY_NAMES);
});
