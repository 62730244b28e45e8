// How praas is called: which commands and flags there are, help for each, and what wrong usage is told. Needs no router.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Shell, testShell } from '../support/executable.ts';
import { expectGolden } from '../support/golden.ts';

interface Flag {
  readonly char?: string;
  readonly hidden?: boolean;
  readonly env?: string;
  readonly type: string;
  readonly options?: readonly string[];
  readonly required?: boolean;
  readonly multiple?: boolean;
  readonly default?: unknown;
  readonly description?: string;
}

interface Entry {
  readonly hidden?: boolean;
  readonly summary?: string;
  readonly examples?: readonly string[];
  readonly args: Readonly<Record<string, { readonly required?: boolean; readonly description?: string }>>;
  readonly flags: Readonly<Record<string, Flag>>;
}

const MANIFEST = new URL('../../oclif.manifest.json', import.meta.url);
const { commands } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as { commands: Readonly<Record<string, Entry>> };
const SHOWN = Object.entries(commands).filter(([, { hidden }]) => hidden !== true);
const wordsOf = (id: string): string[] => id.split(':');

let shell: Shell;
beforeAll(() => {
  shell = testShell();
});
afterAll(() => shell?.remove());

describe('commands and flags', () => {
  test('are exactly these; a change is a change for users and belongs into CHANGELOG.md', () => {
    const snapshot = Object.entries(commands).map(([id, { args, flags, hidden }]) => [
      id,
      {
        ...(hidden === true && { hidden }),
        args: Object.entries(args).map(([name, { required }]) => (required ? name : `[${name}]`)),
        flags: Object.fromEntries(
          Object.entries(flags).map(([name, { char, env, type, options, required, multiple, default: fallback }]) => [
            name,
            { char, env, type, options, required, multiple: multiple || undefined, default: fallback },
          ]),
        ),
      },
    ]);
    expectGolden('../cli/fixtures/commands.json', `${JSON.stringify(Object.fromEntries(snapshot), undefined, 2)}\n`);
  });

  test.each(SHOWN)('%s says what it, its arguments and its flags are for, with examples', (_, entry) => {
    expect(entry.summary).toMatch(/^[a-z].{1,59}$/);
    expect(entry.summary).not.toMatch(/\.$/);
    expect(entry.examples?.length).toBeGreaterThan(0);
    for (const input of [...Object.values(entry.args), ...Object.values(entry.flags)]) {
      expect(input.description).toMatch(/\w/);
    }
  });

  test.each(SHOWN)('the examples of %s are understood as they are', async (id, { examples = [] }) => {
    for (const example of examples) {
      const line = example.replace('<%= config.bin %>', 'praas').replace('<%= command.id %>', id.replaceAll(':', ' '));
      const words = [...line.replace(/^(?:[A-Z_]+=\S+ )+/, '').matchAll(/"([^"]*)"|(\S+)/g)].map(
        (match) => match[1] ?? match[2] ?? '',
      );
      expect(words.slice(0, 1 + wordsOf(id).length)).toEqual(['praas', ...wordsOf(id)]);
      // The demonstration, and what has no end, are not for here, and an example's file is not there.
      const safe = words.slice(1).map((word) => (word === './praas.conf' ? shell.configPath : word));
      const { code, stderr } = await shell.run(
        ...safe,
        ...(['demo', 'serve'].includes(id) || safe.includes('--follow') ? ['--help'] : []),
        // What they do, they do to this machine.
        ...(['install', 'uninstall', 'upgrade'].includes(id) && !safe.includes('--dry-run') ? ['--dry-run'] : []),
      );
      // Understood: at worst there is no such router or mapping here.
      expect({ line, stderr, isUsage: code === 2 }).toMatchObject({ isUsage: false });
      // Only a bug asks to be run again with DEBUG=1.
      expect(stderr).not.toContain('DEBUG=1');
    }
  });
});

describe('help', () => {
  const top = '^PRaaS, Proxy as a Service: .*\\n[^]*TOPICS[^]*COMMANDS';

  test.each([[[]], [['--help']], [['-h']], [['help']]])('praas %j shows the topics and commands', async (words) => {
    const help = await shell.ok(...words);
    expect(help).toMatch(new RegExp(top));
    for (const word of ['config', 'demo', 'pat', 'router']) expect(help).toMatch(new RegExp(`^ {2}${word} `, 'm'));
    expect(help).not.toContain('peer');
  });

  test.each(['pat', 'router', 'config'])('praas %s shows its commands, with and without --help', async (topic) => {
    const help = await shell.ok(topic);
    const names = SHOWN.map(([id]) => wordsOf(id)).filter(([first]) => first === topic);
    for (const words of names) expect(help).toMatch(new RegExp(`^ {2}${words.join(' ')} `, 'm'));
    expect(await shell.ok(topic, '--help')).toBe(help);
  });

  test.each(SHOWN)('%s --help shows every flag', async (id, { flags, args }) => {
    const help = await shell.ok(...wordsOf(id), '--help');
    const shown = Object.keys(flags).filter((name) => !flags[name]?.hidden);
    for (const flag of shown) expect(help).toMatch(new RegExp(`--(?:\\[no-\\])?${flag}\\b`));
    for (const arg of Object.keys(args)) expect(help).toContain(arg.toUpperCase());
    expect(await shell.ok('help', ...wordsOf(id))).toBe(help);
    expect(await shell.ok(...wordsOf(id), '-h')).toBe(help);
  });

  test('a hidden command is in no help', async () => {
    const everything = await Promise.all([shell.ok('--help'), shell.ok('demo', '--help')]);
    expect(everything.join('')).not.toMatch(/demo peer/);
  });

  test('--version is the version of package.json', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(await shell.ok('--version')).toMatch(new RegExp(`^praas/${version} `));
  });
});

describe('wrong usage', () => {
  const create = ['pat', 'create', '-r', 'edge', '--server-ip', '10.20.0.51', '-p', '22'];
  const cases: readonly (readonly string[])[] = [
    ['foo'],
    ['lst'],
    ['pta', 'list'],
    ['pat', 'frob'],
    ['pat', 'crate', '--port', '22'],
    ['demo', 'x'],
    ['pat', 'list', 'x'],
    ['pat', 'show', 'a', 'b'],
    ['pat', 'list', '--nope'],
    ['pat', 'create', '--prot', 'tcp'],
    ['pat', 'show'],
    ['pat', 'create'],
    [...create, '--port', '22'],
    ['pat', 'create', '--port'],
    [...create, '--router-port', '0'],
    [...create, '--router-port', '65536'],
    [...create, '--router-port', '22x'],
    [...create, '--protocol', 'icmp'],
    [...create, '--gateway', '::1'],
    [...create, '--gateway', '10.0.0.256'],
    [...create, '--allow', '10.0.0.0/33'],
    [...create, '--expires', '2020-01-01'],
    [...create, '--expires', '1mo'],
    ['router', 'show', '../edge'],
    ['pat', 'list', '-r', 'a/b'],
    ['pat', 'list', '--status', 'gone'],
    ['pat', 'list', '-c', 'Port'],
    ['events', '--limit', '0'],
    ['pat', 'update', 'x'],
    ['pat', 'update', 'x', '--enable', '--disable'],
    ['pat', 'update', 'x', '--allow', '10.0.0.1', '--clear-allow'],
    ['pat', 'delete'],
    ['pat', 'delete', 'x', '-r', 'edge', '--all'],
    ['pat', 'delete', '--all'],
    ['pat', 'delete', 'x', '-r', 'edge'],
    ['pat', 'list', '-f', 'xml'],
  ];

  test('exits with 2 and prints on stderr alone what is wrong, and the next step', async () => {
    const texts: string[] = [];
    for (const words of cases) {
      const { code, stdout, stderr } = await shell.run(...words);
      expect([words, code, stdout]).toEqual([words, 2, '']);
      texts.push(`$ praas ${words.join(' ')}\n${stderr}`);
    }
    expectGolden('texts/pat.usage.txt', texts.join('\n'));
  });

  test('PRAAS_ROUTER never chooses what to delete', async () => {
    const other = shell.with({ env: { PRAAS_ROUTER: 'edge' } });
    expect(await other.run('pat', 'delete', '--all', '--yes')).toMatchObject({ code: 2 });
    const { stdout } = await other.run('pat', 'delete', 'ffffffff', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'MAPPING_NOT_FOUND', facts: { id: 'ffffffff' } } });
  });
});
