/** The tokens of the API as operators make them, and as the daemon reads them from the file meanwhile. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { CreatedToken, Token } from '../../src/core/identity/token.ts';
import { TokenAuthenticator } from '../../src/core/identity/token-authenticator.ts';
import { FileTokenStore } from '../../src/store/files/token-store.ts';
import { systemClock } from '../../src/system/clock.ts';
import { createExec } from '../../src/system/exec.ts';
import { printedError } from '../support/error-facts.ts';
import { type Shell, testShell } from '../support/executable.ts';

const TOKEN = /^praas_[A-Za-z0-9_-]{43}$/;
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];

let shell: Shell;
let path: string;
beforeEach(() => {
  const plain = testShell();
  path = join(plain.directory, 'etc', 'tokens.json');
  shell = plain.with({ env: { PRAAS_TOKENS_PATH: path } });
});
afterEach(() => shell.remove());

/** As a daemon has it that was started before all this and never again. */
function authenticator(): TokenAuthenticator {
  const exec = createExec(60_000, process.env);
  const store = new FileTokenStore({
    path,
    exec,
    clock: systemClock,
    lockTimeoutSeconds: 60,
    command: 'praas serve',
  });
  return new TokenAuthenticator(store, systemClock);
}

const create = (...words: readonly string[]): Promise<CreatedToken> => shell.json('token', 'create', ...words);
const list = (): Promise<Token[]> => shell.json('token', 'list');

test('a token is valid from its creation to its revocation, for a daemon that was started before', async () => {
  const daemon = authenticator();
  expect(await daemon.authenticate(`praas_${'x'.repeat(43)}`)).toBeUndefined();

  const made = await shell.ok('token', 'create', '--name', 'ci', '--role', 'admin', '-f', 'value', '-c', 'Token');
  const token = made.trimEnd();
  expect(token).toMatch(TOKEN);
  expect(await daemon.authenticate(token)).toMatchObject({ name: 'ci', role: 'admin', projectId: null });

  await shell.ok('token', 'revoke', 'ci');
  expect(await daemon.authenticate(token)).toBeUndefined();
});

describe('token create', () => {
  test('prints the token and everything that is known of it', async () => {
    const words = ['--name', 'shop', '--role', 'member', '--project', 'p1', '--expires', '2100-01-31T12:00:00Z'];
    const created = await create(...words);

    expect(Object.entries(created)).toEqual([
      ['token', expect.stringMatching(TOKEN)],
      ['id', expect.stringMatching(/^[0-9a-f-]{36}$/)],
      ['name', 'shop'],
      ['role', 'member'],
      ['project_id', 'p1'],
      ['created_at', expect.stringMatching(/^20.*Z$/)],
      ['expires_at', '2100-01-31T12:00:00Z'],
    ]);
    expect(await authenticator().authenticate(created.token)).toMatchObject({ name: 'shop', projectId: 'p1' });
  });

  test('without OpenStack warns that a member may publish no address, and with it does not', async () => {
    const words = ['--role', 'member', '--project', 'p1', '-f', 'value', '-c', 'Name'];
    const alone = await shell.run('token', 'create', '--name', 'a', ...words);
    expect(alone).toMatchObject({
      code: 0,
      stdout: 'a\n',
      stderr: expect.stringContaining('mapping:create:any-target'),
    });

    const clouds = join(shell.directory, 'clouds.yaml');
    writeFileSync(clouds, 'clouds: {openstack: {auth: {auth_url: "http://127.0.0.1:1/v3"}}}\n');
    const joined = shell.with({ env: { PRAAS_CLOUDS_PATH: clouds } });
    expect(await joined.run('token', 'create', '--name', 'b', ...words)).toMatchObject({ code: 0, stderr: '' });
    const reader = ['--role', 'reader', '-f', 'value', '-c', 'Name'];
    expect(await shell.run('token', 'create', '--name', 'c', ...reader)).toMatchObject({ code: 0, stderr: '' });
  });

  test('prints a table for people, and one row of titles and values for spreadsheets', async () => {
    const titles = ['Token', 'ID', 'Name', 'Role', 'Project ID', 'Created At', 'Expires At'];
    const table = await shell.ok('token', 'create', '--name', 'a', '--role', 'reader');
    const shown = table.split('\n').flatMap((line) => /^\| (\w.*?) +\|/.exec(line)?.[1] ?? []);
    expect(shown).toEqual(['Field', ...titles]);

    const json = await shell.ok('token', 'create', '--name', 'b', '--role', 'reader', '-f', 'json');
    expect(Object.keys(JSON.parse(json))).toEqual(titles);
  });

  test.each([
    [['--role', 'admin'], 2, '--name is required'],
    [['--name', 'a'], 2, '--role is required'],
    [['--name', 'a', '--role', 'root'], 2, '--role'],
    [['--name', 'a', '--role', 'member'], 2, '--project'],
    [['--name', '', '--role', 'admin'], 2, 'name is ""'],
    [['--name', 'a', '--role', 'admin', '--expires', 'soon'], 2, '--expires: "soon" is not a duration'],
    [['--name', 'a', '--role', 'admin', '-c', 'Hash'], 2, 'Hash'],
  ])('%j ends with %i, names the cause, and creates nothing', async (words, code, sentence) => {
    const ended = await shell.run('token', 'create', ...words);

    expect(ended).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(sentence) });
    expect(existsSync(path)).toBe(false);
  });

  test('of a name that there is already ends with 1 and makes nothing', async () => {
    await create('--name', 'ci', '--role', 'admin');
    const again = await shell.run('token', 'create', '--name', 'ci', '--role', 'reader');

    expect(again).toMatchObject({
      code: 1,
      stdout: '',
      stderr: printedError('TOKEN_EXISTS', { name: 'ci' }),
    });
    expect(await list()).toHaveLength(1);
  });

  test('8 processes at once create 8 tokens, all of them valid', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `t${index}`);
    const created = await Promise.all(names.map((name) => create('--name', name, '--role', 'reader')));

    expect((await list()).map(({ name }) => name)).toEqual(names);
    const daemon = authenticator();
    const owners = await Promise.all(created.map(({ token }) => daemon.authenticate(token)));
    expect(owners.map((owner) => owner?.name)).toEqual(names);
  });
});

describe('token list', () => {
  test('shows no secret and no hash, in no format, and has no column for one', async () => {
    expect(await list()).toEqual([]);
    const { token, ...known } = await create('--name', 'ci', '--role', 'admin');
    const stored = readFileSync(path, 'utf8');
    const { hash } = JSON.parse(stored).tokens[0];
    expect(stored).not.toContain(token.slice('praas_'.length));

    expect(await list()).toEqual([known]);
    for (const format of ['table', 'json', 'yaml', 'csv', 'value']) {
      const text = await shell.ok('token', 'list', '-f', format);
      expect(text).toContain(known.id);
      expect(text).not.toContain(token.slice('praas_'.length));
      expect(text).not.toContain(hash);
    }
    expect(await shell.run('token', 'list', '-c', 'Token')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('(columns: ID, Name, Role, Project ID, Created At, Expires At)'),
    });
  });

  test('of a damaged file fails, and nothing overwrites it', async () => {
    await create('--name', 'ci', '--role', 'admin');
    writeFileSync(path, '{');

    for (const words of [['list'], ['revoke', 'ci'], ['create', '--name', 'a', '--role', 'admin']]) {
      const failed = await shell.run('token', ...words, '--json');
      expect(failed.code).toBe(1);
      expect(JSON.parse(failed.stdout).error).toMatchObject({ code: 'TOKENS_DAMAGED', facts: { path } });
    }
    expect(readFileSync(path, 'utf8')).toBe('{');
  });
});

describe('token revoke', () => {
  test('takes names and IDs, and prints what it has revoked', async () => {
    const a = await create('--name', 'a', '--role', 'admin');
    const b = await create('--name', 'b c', '--role', 'admin');

    expect(await shell.ok('token', 'revoke', 'b c', a.id)).toBe(`Revoked: b c (${b.id})\nRevoked: a (${a.id})\n`);
    expect(await list()).toEqual([]);
  });

  test('of something that there is not revokes nothing', async () => {
    await create('--name', 'a', '--role', 'admin');
    const failed = await shell.run('token', 'revoke', 'a', 'b');

    expect(failed).toMatchObject({ code: 1, stdout: '', stderr: printedError('TOKEN_NOT_FOUND', { token: 'b' }) });
    expect(await list()).toHaveLength(1);
  });

  test('of nothing is wrong usage', async () => {
    expect(await shell.run('token', 'revoke')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('TOKEN'),
    });
  });
});

test.each([[['list']], [['revoke', 'ci']], [['create', '--name', 'a', '--role', 'admin']]])(
  'token %j needs root',
  async (words) => {
    await create('--name', 'ci', '--role', 'admin');
    const before = readFileSync(path, 'utf8');
    const refused = await shell.with({ wrapper: NOBODY, settings: [] }).run('token', ...words);

    expect(refused).toMatchObject({
      code: 1,
      stdout: '',
      stderr: printedError('NOT_PERMITTED', { what: `praas token ${words[0]}` }),
    });
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o755);
  },
);
