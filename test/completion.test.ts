/** What TAB does: each shell reads its own file of share/completions, in a shell that has nothing else. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { readManifest, shownOf, wordsOf } from '../scripts/commands.ts';

const SHARE = fileURLToPath(new URL('../share/completions', import.meta.url));
const TERMINAL = fileURLToPath(new URL('support/terminal.py', import.meta.url));
const COMMANDS = shownOf(readManifest()).map((command) => ({
  words: wordsOf(command).split(' '),
  flags: Object.values(command.flags),
}));
const ENDED_MS = 30_000;
const MAPPING = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
/** A praas that says how it was called, and knows one mapping and what a hostile one could be named. */
const STUB = `praas() {
  case "$*" in
    *' -f value -c '*) echo "${MAPPING}"; echo '$(touch broken)'; echo 'two words' ;;
    *) printf 'r%s %s\\n' an "$*" ;;
  esac
}`;

/** What bash offers for these words, the last of which is still being typed; a request for file names is shown as well. */
function offered(...words: readonly string[]): string[] {
  const script = `${STUB}
compopt() { echo "compopt $*"; }
source "${SHARE}/praas.bash"
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_praas praas
[ \${#COMPREPLY[@]} = 0 ] || printf '%s\\n' "\${COMPREPLY[@]}"`;
  const text = execFileSync('bash', ['--norc', '-uc', script, 'bash', 'praas', ...words], {
    encoding: 'utf8',
    timeout: ENDED_MS,
  });
  return text.split('\n').filter((line) => line !== '');
}

/** Types lines on a terminal of their own, each when the text before it has been seen. */
function screenOf(program: readonly string[], answers: readonly (readonly [string, string])[]): string {
  const env = { PATH: process.env['PATH'], TERM: 'dumb', HOME: '/nonexistent' };
  const options = { encoding: 'utf8', env, timeout: ENDED_MS, cwd: SHARE } as const;
  const text = execFileSync('python3', [TERMINAL, JSON.stringify(answers), ...program], options);
  return (JSON.parse(text) as { screen: string }).screen;
}

describe('bash', () => {
  test('offers the commands, and those behind the first word of several', () => {
    const first = [...new Set(COMMANDS.map(({ words: [word] }) => word))];
    const pat = COMMANDS.flatMap(({ words: [word, second] }) => (word === 'pat' ? [second] : []));

    expect(offered('').toSorted()).toEqual(first.toSorted());
    expect(offered('pat', '')).toEqual(pat);
    expect(offered('pat', 'cr')).toEqual(['create']);
    expect(offered('-')).toEqual(['--help', '--version']);
  });

  test.each(COMMANDS.map(({ words, flags }) => [words.join(' '), { words, flags }] as const))(
    'offers the flags of %s, and what they can be',
    (_, { words, flags }) => {
      const shown = flags
        .filter(({ hidden }) => hidden !== true)
        .flatMap(({ name, allowNo }) => (allowNo === true ? [`--${name}`, `--no-${name}`] : [`--${name}`]));

      expect(offered(...words, '--').toSorted()).toEqual([...shown, '--help'].toSorted());
      for (const { name, char, options = [] } of flags.filter((flag) => flag.options)) {
        expect(offered(...words, `--${name}`, '')).toEqual(options);
        if (char !== undefined) expect(offered(...words, `-${char}`, '')).toEqual(options);
      }
    },
  );

  test('offers what follows an equals sign', () => {
    expect(offered('pat', 'list', '--format', '=')).toEqual(['table', 'json', 'yaml', 'csv', 'value']);
    expect(offered('pat', 'list', '--format', '=', 'j')).toEqual(['json']);
  });

  test('offers hidden flags once their first letters are typed', () => {
    expect(offered('pat', 'list', '--')).not.toContain('--os-password');
    expect(offered('pat', 'list', '--os-pa')).toEqual(['--os-password']);
  });

  test('leaves files to the shell, and offers nothing for a value that cannot be known', () => {
    expect(offered('pat', 'list', '--config', '')).toEqual(['compopt -o default']);
    expect(offered('pat', 'create', '--name', '')).toEqual([]);
    expect(offered('pat', 'create', '--name', '--')).toEqual([]);
    expect(offered('no', 'such', 'command', '')).toEqual([]);
  });

  test('asks praas for IDs, and takes no more than IDs from it', () => {
    expect(offered('pat', 'delete', '')).toEqual([MAPPING]);
    expect(offered('pat', 'delete', MAPPING, '7c')).toEqual([MAPPING]);
    expect(offered('pat', 'show', '8')).toEqual([]);
    expect(offered('pat', 'create', '-r', '')).toEqual([MAPPING]);
  });

  test('asks for no IDs of this machine when another one is meant', () => {
    expect(offered('pat', 'show', '--url', 'https', ':', '//node:3000', '7')).toEqual([]);
  });

  test('completes what is typed on a terminal', () => {
    const line = 'praas pat cr\t--prot\tud\t--config pr\t.bash\n';
    const screen = screenOf(
      ['bash', '--norc', '-i'],
      [
        ['', `${STUB}\nsource ./praas.bash; echo re''ady\n`],
        ['ready', line.replace('.bash', '')],
        ['ran pat', 'exit\n'],
      ],
    );

    expect(screen).toContain('ran pat create --protocol udp --config praas.bash');
  });
});

describe('zsh', () => {
  test('takes the definitions of every command, and completes what is typed', () => {
    const lines = COMMANDS.map(({ words }) => ({ line: `praas ${words.join(' ')} --hel\t\n`, words: words.join(' ') }));
    const start = `${STUB}\nfpath=($PWD $fpath); autoload -U compinit; compinit -D -u; unsetopt beep; echo re''ady\n`;
    const screen = screenOf(
      ['zsh', '-f', '-i'],
      [
        ['', start],
        ['ready', 'praas pat cr\t--prot\t=ud\t--conf\t=pr\t\n'],
        ['ran pat create', 'praas pat del\t7c\t--dr\t\n'],
        ['ran pat delete', 'praas pat list --os-pass\t\n'],
        ...lines.map(({ line }, index) => [`ran ${lines[index - 1]?.words ?? 'pat list --os-pass'}`, line] as const),
        [`ran ${lines.at(-1)?.words ?? ''} --help`, 'exit\n'],
      ],
    );

    expect(screen).toContain('ran pat create --protocol=udp --config=praas.bash');
    expect(screen).toContain(`ran pat delete ${MAPPING} --dry-run`);
    expect(screen).toContain('ran pat list --os-password');
    for (const { words } of lines) expect(screen).toContain(`ran ${words} --help`);
    expect(screen).not.toContain('_arguments:');
  });
});
