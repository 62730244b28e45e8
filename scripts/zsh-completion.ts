// share/completions/_praas: the specifications of each command for zsh's own _arguments.
import { byName, type CommandEntry, type Input, type Manifest, shownOf, wordsOf } from './commands.ts';
import { LOOKUPS, type Value, valueOf, type Word, wordTree } from './completion.ts';

const HEAD = `#compdef praas
# Completion of praas for zsh. Made by scripts/docs.ts. Do not edit: run it again.

_praas() {
  local typed=\${words[1]/#\\~/$HOME}
  local -a specs hidden
  integer count=0
  local line="\${(j: :)words[2,CURRENT-1]} "
  case $line in`;

const MIDDLE = `    *) return 1 ;;
  esac
  case $line in`;

const TAIL = `  esac
  # There are many hidden ones: they are shown to those who have begun to type one.
  [[ $words[CURRENT] == (-|--) ]] || specs+=($hidden)
  # _arguments counts what is behind the words of the command.
  words=(praas "\${(@)words[count + 2,-1]}")
  ((CURRENT -= count))
  _arguments -s -S : '--help[show what it does]' $specs
}

# The only time that praas is asked. The IDs of another machine, at --url, are not asked for.
_praas_ids() {
  ((\${words[(I)--url(|=*)]})) && return 1
  local -a ids
  ids=(\${(f)"$($typed \${=1} -f value -c $2 </dev/null 2>/dev/null)"})
  compadd -a ids
}

_praas "$@"
`;

/** Takes the manifest, gives the script. */
export function renderZsh(manifest: Manifest): string {
  const topics = [...wordTree(manifest)].map(([first, below]) => topicCase(first, below));
  const commands = shownOf(manifest);
  return [HEAD, ...topics, ...commands.map(commandCase), MIDDLE, ...hiddenCases(commands), TAIL].join('\n');
}

function topicCase(first: string, below: readonly Word[]): string {
  const words = below.map(({ word, summary }) => `        ${quoted(`${word}:${summary.replaceAll(':', '\\:')}`)}`);
  const flags = first === '' ? ["'--version[show the version]'"] : [];
  const lines = [
    '      specs=(',
    ...words,
    '      )',
    `      [[ $words[CURRENT] == -* ]] || { _describe command specs; return }`,
    `      specs=(${flags.join(' ')})`,
    '      ;;',
  ];
  return [`    '${first} ')`, ...lines].join('\n');
}

function commandCase(command: CommandEntry): string {
  const args = Object.values(command.args).map((arg) => `        ${argSpec(arg, command)}`);
  return [
    `    ${patternOf(command)})`,
    `      count=${wordsOf(command).split(' ').length}`,
    '      specs=(',
    ...args,
    ...flagSpecs(command, false),
    '      )',
    '      ;;',
  ].join('\n');
}

/** Most commands that have hidden flags have the same ones: they are listed once. */
function hiddenCases(commands: readonly CommandEntry[]): string[] {
  const specs = Map.groupBy(commands, (command) => flagSpecs(command, true).join('\n'));
  specs.delete('');
  return [...specs].map(([text, those]) =>
    [`    ${those.map(patternOf).join(' | ')})`, '      hidden=(', text, '      )', '      ;;'].join('\n'),
  );
}

const patternOf = (command: CommandEntry): string => `'${wordsOf(command)} '*`;

function flagSpecs(command: CommandEntry, isHidden: boolean): string[] {
  const flags = Object.values(command.flags).filter(({ hidden = false }) => hidden === isHidden);
  const both = byName(flags).flatMap((flag) => (flag.allowNo === true ? [flag, oppositeOf(flag)] : [flag]));
  return both.map((flag) => `        ${flagSpec(flag, command)}`);
}

const oppositeOf = ({ name, description = '', ...flag }: Input): Input => ({
  ...flag,
  name: `no-${name}`,
  description: `do not: ${description}`,
});

/** `'(-f --format)'{-f+,--format=}'[format of the output]:format:(table json)'` */
function flagSpec(flag: Input, command: CommandEntry): string {
  const { name, char, type, description = '', multiple } = flag;
  const takes = type !== 'boolean';
  const what = quoted(
    `[${description.replaceAll(']', '\\]')}]${takes ? `:${flag.helpValue ?? name}:${action(valueOf(flag, command))}` : ''}`,
  );
  const long = `--${name}${takes ? '=' : ''}`;
  const short = char === undefined ? '' : `-${char}${takes ? '+' : ''}`;
  if (multiple === true) return `'*'${short === '' ? long : `{${short},${long}}`}${what}`;
  return short === '' ? `${long}${what}` : `'(-${char} --${name})'{${short},${long}}${what}`;
}

function argSpec(arg: Input, command: CommandEntry): string {
  const place = command.strict === false ? '*' : arg.required === true ? '' : ':';
  return quoted(`${place}:${arg.name}:${action(valueOf(arg, command))}`);
}

function action(value: Value): string {
  if (value.kind === 'words') return `(${value.words.join(' ')})`;
  if (value.kind === 'file') return '_files';
  if (value.kind === 'any') return '()';
  const { command, column } = LOOKUPS[value.lookup];
  // The blank in front: nothing of _arguments' own goes between the words.
  return ` _praas_ids "${command}" "${column}"`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
