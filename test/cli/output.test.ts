// What is printed, to the letter: the formats for people and spreadsheets, and the JSON that programs rely on. A change
// here is a change for users: `PRAAS_GOLDEN=write` writes the fixtures anew, and CHANGELOG.md says it.
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MAPPING_COLUMNS } from '../../src/commands/pat/mapping-columns.ts';
import { Mapping } from '../../src/pat/mapping/mapping.ts';
import { type Shell, testShell } from '../support/executable.ts';
import { expectGolden } from '../support/golden.ts';
import { type TestWorld, testWorld } from '../support/world.ts';

const ROUTER = 'praas-test-00000000-router';
const ids: string[] = [];
let world: TestWorld;
let shell: Shell;

/** What differs from run to run, replaced by something of the same length. */
function settled(text: string): string {
  let out = text.replaceAll(world.router_id, ROUTER).replaceAll(shell.directory, '/tmp/praas');
  for (const [index, id] of ids.entries()) out = out.replaceAll(id, `00000000-0000-4000-8000-00000000000${index + 1}`);
  return out.replaceAll(/"?20[2-4]\d-\d\d-\d\dT[\d:]+Z"?/g, (time) => time.replace(/20.*Z/, '2030-01-01T00:00:00Z'));
}

const expectJson = (name: string, text: string): void => expectGolden(`../cli/fixtures/${name}.json`, settled(text));

/** A node that has no other namespaces than this one. */
function onlyThisRouter(): Shell {
  const netns_dir = join(shell.directory, 'netns');
  mkdirSync(netns_dir, { recursive: true });
  const name = join(netns_dir, world.namespace);
  if (!existsSync(name)) symlinkSync(`/run/netns/${world.namespace}`, name);
  return shell.with({ env: { PRAAS_NETNS_DIR: netns_dir } });
}

beforeAll(async () => {
  world = await testWorld({ router: 'plain' });
  shell = testShell();
  const words = ['--router', world.router_id, '--server-ip', '10.20.0.51'];
  const ssh = await shell.ok('pat', 'create', ...words, '--port', '22', '--json');
  ids.push(JSON.parse(ssh).id);
  const full = ['--name', 'the "name", with all', '--description', '100 %s ü', '--allow', '198.51.100.0/24'];
  const more = ['--port', '53', '--protocol', 'udp', '--router-port', '4053', '--masquerade', 'never'];
  const dns = await shell.ok(
    'pat',
    'create',
    ...words,
    ...more,
    ...full,
    '--allow',
    '192.0.2.7',
    '--disable',
    '--json',
  );
  ids.push(JSON.parse(dns).id);
  expectJson('create', dns);
});
afterAll(async () => {
  shell?.remove();
  await world?.remove();
});

describe('for people', () => {
  test('list and show print exactly this in every format', async () => {
    const [first = ''] = ids;
    const lines = [
      ...['table', 'csv', 'value', 'json', 'yaml'].map((format) => ['pat', 'list', '-f', format]),
      ['pat', 'list', '-c', 'router port', '-c', 'ID', '-c', 'allowed_cidrs', '--column', 'Expires At'],
      ...['table', 'csv', 'value', 'json', 'yaml'].map((format) => ['pat', 'show', first, '-f', format]),
      ['pat', 'show', first, '-f', 'value', '-c', 'Status', '-c', 'Router Port'],
      ...['table', 'csv', 'value', 'json', 'yaml'].map((format) => [
        'pat',
        'list',
        '--status',
        'PENDING',
        '-f',
        format,
      ]),
      ['router', 'list'],
      ['router', 'show', world.router_id],
      ['router', 'sync', world.router_id],
      ['pat', 'connections', first],
      ['pat', 'connections', first, '-f', 'json'],
      ['pat', 'update', first, '--name', 'ssh', '-f', 'value', '-c', 'Name'],
      ['pat', 'update', first, '--name', '', '-f', 'csv', '-c', 'Name'],
    ];
    let transcript = '';
    for (const words of lines) {
      const typed = words.map((word) => (/^[\w./-]+$/.test(word) ? word : `'${word}'`)).join(' ');
      transcript += `$ praas ${typed}\n${await onlyThisRouter().ok(...words)}`;
    }
    expectGolden('../cli/fixtures/formats.txt', settled(transcript));
  });

  test('every field of a mapping and every counter is a column', () => {
    const counters = ['packets', 'bytes', 'lasthit'];
    const fields = [...Object.keys(Mapping.shape).map((field) => field.replaceAll('_', '')), ...counters];
    const columns = MAPPING_COLUMNS.map(({ title }) => title.toLowerCase().replaceAll(' ', ''));
    expect(columns.toSorted()).toEqual(fields.toSorted());
  });

  test('PRAAS_FORMAT sets the format, -f goes before it', async () => {
    const other = shell.with({ env: { PRAAS_FORMAT: 'csv' } });
    expect(await other.ok('pat', 'list', '-c', 'Protocol')).toBe('"Protocol"\n"tcp"\n"udp"\n');
    expect(await other.ok('pat', 'list', '-c', 'Protocol', '-f', 'value')).toBe('tcp\nudp\n');
  });

  test('an unknown column is wrong usage, names the columns, and nothing is done', async () => {
    const before = await shell.ok('pat', 'list');
    const words = ['-r', world.router_id, '--server-ip', '10.20.0.51', '-p', '80', '-c', 'Port'];
    const titles = MAPPING_COLUMNS.map(({ title }) => title).join(', ');
    expect(await shell.run('pat', 'create', ...words)).toEqual({
      code: 2,
      stdout: '',
      stderr: `Error: unknown column Port (columns: ${titles})\n  Run with --help for usage.\n`,
    });
    expect(await shell.ok('pat', 'list')).toBe(before);
  });
});

describe('for programs', () => {
  test('--json of a mapping has the fields of the design in their order, id first, counters last', () => {
    const made = JSON.parse(readFileSync(new URL('fixtures/create.json', import.meta.url), 'utf8'));
    expect(Object.keys(made)).toEqual([...Object.keys(Mapping.shape), 'counters']);
    expect(Object.keys(made)[0]).toBe('id');
  });

  test('--json of every command has exactly this shape', async () => {
    const [first = '', second = ''] = ids;
    expectJson('show', await shell.ok('pat', 'show', first, '--json'));
    expectJson('list', await shell.ok('pat', 'list', '--json'));
    expectJson('update', await shell.ok('pat', 'update', second, '--description', 'd', '--json'));
    expectJson(
      'update-dry-run',
      await shell.ok('pat', 'update', first, '--router-port', '4001', '--dry-run', '--json'),
    );
    expectJson('connections', await shell.ok('pat', 'connections', first, '--json'));
    expectJson('delete-dry-run', await shell.ok('pat', 'delete', first, '--dry-run', '--json'));
    expectJson('router-show', await shell.ok('router', 'show', world.router_id, '--json'));
    expectJson('router-sync', await shell.ok('router', 'sync', world.router_id, '--json'));
    expectJson('router-sync-dry-run', await shell.ok('router', 'sync', world.router_id, '--dry-run', '--json'));
    expectJson('router-list', await onlyThisRouter().ok('router', 'list', '--json'));
    expectJson('config-show', await shell.ok('config', 'show', '--json'));
    expectJson('delete', await shell.ok('pat', 'delete', second, '--json'));
  });

  test('--json wins over -f and -c', async () => {
    const [first = ''] = ids;
    const plain = await shell.ok('pat', 'show', first, '--json');
    expect(await shell.ok('pat', 'show', first, '--json', '-f', 'csv', '-c', 'ID')).toBe(plain);
    expect(await shell.with({ env: { PRAAS_FORMAT: 'yaml' } }).ok('pat', 'show', first, '--json')).toBe(plain);
  });

  test('with --json an error is JSON on stdout, of the catalogue and of wrong usage alike', async () => {
    const missing = await shell.run('pat', 'show', 'ffffffff', '--json');
    expect(missing).toMatchObject({ code: 1, stderr: '' });
    expectJson('error', missing.stdout);
    const misused = await shell.run('pat', 'create', '--port', '70000', '--json');
    expect(misused).toMatchObject({ code: 2, stderr: '' });
    expectJson('error-usage', misused.stdout);
  });
});
